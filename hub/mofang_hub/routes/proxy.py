"""Keep the hub's routes as VirtualServices: JupyterHub's proxy without a proxy.

Routes are objects of the cluster, so they live on when the hub restarts or is
away, and the gateway serves them without asking anybody.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from jupyterhub.proxy import Proxy
from prometheus_client import Histogram
from traitlets import Float, Integer, List, TraitError, Unicode, default, validate

from mofang_hub.routes.builder import VirtualServiceBuilder, read_route
from mofang_hub.routes.models import (
    Route,
    RouteNotLiveError,
    route_name,
    validate_no_overlap,
)
from mofang_hub.routes.probe import GatewayProbe
from mofang_kube.errors import MofangError, is_permanent
from mofang_kube.names import ROUTE_LABEL
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_kube.objects import connected_objects as connect

_API_VERSION = "networking.istio.io/v1"

ROUTE_LIVE_SECONDS = Histogram(
    "mofang_route_live_seconds",
    "Time from a route's VirtualService until the gateway serves it",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_RETRY_SECONDS = 0.25


class IstioProxy(Proxy):  # type: ignore[misc] # JupyterHub ships no types.
    """Writes one VirtualService per route and waits until it is served."""

    # The gateway runs by itself; there is nothing to start or to stop.
    should_start = False

    namespace = Unicode(
        "mofang",
        help="""
        Namespace of the VirtualServices: the platform's own.

        The hub needs rights on VirtualServices here and nowhere else.
        """,
    ).tag(config=True)

    gateway = Unicode(
        help="""
        Istio Gateway that routes attach to, as ``namespace/name``.

        Default: ``mofang`` in this namespace, which the chart makes.
        """,
    ).tag(config=True)

    gateway_namespace = Unicode(
        "istio-system",
        help="""
        Namespace of the gateway's pods. Only they are shown the routes.
        """,
    ).tag(config=True)

    hosts = List(
        Unicode(),
        ["*"],
        help="""
        Domains that routes without a domain of their own answer to.
        """,
    ).tag(config=True)

    probe_url = Unicode(
        "http://istio-ingressgateway.istio-system.svc.cluster.local",
        help="""
        The gateway's address as the hub reaches it, to see that a route is live.
        """,
    ).tag(config=True)

    hub_url = Unicode(
        help="""
        The hub's Service, ``http://<service>.<namespace>.svc:<port>``.

        Needed with a host per user: the hub answers other paths of a user's host.
        """,
    ).tag(config=True)

    hub_body_bytes = Integer(
        0,
        help="""
        The longest body that the gateway sends on to the hub, roughly; 0 for any.

        The hub refuses bodies to the byte; this keeps away what is far too long.
        """,
    ).tag(config=True)

    cluster_domain = Unicode(
        "cluster.local",
        help="""
        DNS domain of the cluster. Istio wants full names of Services.
        """,
    ).tag(config=True)

    live_timeout_seconds = Float(
        10,
        help="""
        How long a new route may take until the gateway serves it.

        A server whose route takes longer is stopped, with the cause named.
        """,
    ).tag(config=True)

    @default("gateway")
    def _default_gateway(self) -> str:
        return f"{self.namespace}/mofang"

    @validate("gateway")
    def _validate_gateway(self, proposal: Any) -> str:
        value = str(proposal.value)
        if value.count("/") != 1:
            raise TraitError(f"gateway must be namespace/name, not {value!r}")
        return value

    def __init__(
        self, *args: Any, objects: ObjectStorage | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._stack = AsyncExitStack()
        self._objects = objects
        self._connecting = asyncio.Lock()
        self._known: dict[str, Route] = {}
        self._adding: set[str] = set()
        self._has_listed = False
        self.is_uncertain = False
        """Whether a write failed, so that a stale route may be there."""
        self._probe = GatewayProbe(
            self.probe_url, host=None if "*" in self.hosts else self.hosts[0]
        )
        self._builder = VirtualServiceBuilder(
            namespace=self.namespace,
            gateway=self.gateway,
            gateway_namespace=self.gateway_namespace,
            hosts=tuple(self.hosts),
            hub_url=self.hub_url,
            cluster_domain=self.cluster_domain,
            hub_body_bytes=self.hub_body_bytes,
        )

    async def add_route(
        self, routespec: str, target: str, data: Mapping[str, Any]
    ) -> None:
        """Make a route, or make it what is asked, and wait until it is served.

        Args:
            routespec: Host and path, in JupyterHub's form.
            target: URL of the server.
            data: What JupyterHub wants to find again; kept in an annotation.

        Raises:
            BadRouteError: When a gateway cannot serve it.
            OverlappingRouteError: When it would hide another.
            RouteNotLiveError: When the gateway does not serve it in time.
            MofangError: When Kubernetes refuses it.
        """
        route = Route(
            routespec=self.validate_routespec(routespec), target=target, data=data
        )
        virtual_service = self._builder.build(route)
        if not self._has_listed:
            await self.get_all_routes()
        validate_no_overlap(route.routespec, [*self._known, *self._adding])
        self._adding.add(route.routespec)
        deadline = time.monotonic() + self.live_timeout_seconds
        try:
            await self._apply(virtual_service, deadline)
            self._known[route.routespec] = route
        except BaseException:
            # It may have been made all the same.
            self.is_uncertain = True
            raise
        finally:
            self._adding.discard(route.routespec)
        try:
            took = await self._probe.wait_for_live(
                route, timeout_seconds=max(1.0, deadline - time.monotonic())
            )
        except RouteNotLiveError:
            if "user" in route.data:
                # The hub stops this server now; the hub's own routes and those
                # of services stay, and are served when the gateway is back.
                await self.delete_route(route.routespec)
            raise
        ROUTE_LIVE_SECONDS.observe(took)
        self.log.info(
            "Route %s to %s is live after %.0f ms", routespec, target, took * 1000
        )

    async def delete_route(self, routespec: str) -> None:
        """Remove a route, if it is there.

        It does not wait for the gateway: a request that still gets through finds
        a server that is being stopped.
        """
        routespec = self.validate_routespec(routespec)
        self._known.pop(routespec, None)
        metadata = {"name": route_name(routespec), "namespace": self.namespace}
        virtual_service = {
            "apiVersion": _API_VERSION,
            "kind": "VirtualService",
            "metadata": metadata,
        }
        objects = await self._connected()
        try:
            await self._persist(
                lambda: objects.delete(virtual_service),
                time.monotonic() + self.live_timeout_seconds,
            )
        except BaseException:
            self.is_uncertain = True
            raise

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """List all routes of the hub, by one request.

        One whose VirtualService was changed by hand, or was made by another version, is
        listed without its target: the hub's check makes it anew.
        """
        objects = await self._connected()
        found = await objects.list_objects(
            _API_VERSION,
            "VirtualService",
            namespace=self.namespace,
            selector=f"{ROUTE_LABEL}=true",
        )
        read = [(each, route) for each in found if (route := read_route(each))]
        self._known = {route.routespec: route for _, route in read}
        self._has_listed = True
        return {
            route.routespec: {
                "routespec": route.routespec,
                "target": route.target if self._builder.is_current(each, route) else "",
                "data": dict(route.data),
            }
            for each, route in read
        }

    async def check_routes(
        self, user_dict: Any, service_dict: Any, routes: Any = None
    ) -> None:
        """Make missing routes and remove stale ones.

        A route that cannot be made, or a gateway that is away, is told in the log and
        tried again at the next check. The hub starts and stays without it; JupyterHub
        would exit.

        Args:
            user_dict: JupyterHub's users, by name.
            service_dict: JupyterHub's services, by name.
            routes: As ``get_all_routes`` returns them; None to ask for them.
        """
        self.is_uncertain = False
        try:
            await super().check_routes(user_dict, service_dict, routes)
        except MofangError as err:
            self.is_uncertain = True
            self.log.error("%s The hub goes on without it.", err)  # noqa: TRY400

    async def close(self) -> None:
        """Close the connections to Kubernetes and to the gateway."""
        await self._probe.close()
        await self._stack.aclose()

    async def _apply(self, virtual_service: Manifest, deadline: float) -> None:
        objects = await self._connected()
        await self._persist(lambda: objects.apply(virtual_service), deadline)

    async def _persist(
        self, write: Callable[[], Awaitable[object]], deadline: float
    ) -> None:
        """Write, and try again while Kubernetes does not answer."""
        while True:
            try:
                await write()
            except MofangError as err:
                if is_permanent(err) or time.monotonic() > deadline:
                    raise
                self.log.warning("%s Trying again.", err)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _connected(self) -> ObjectStorage:
        async with self._connecting:
            if self._objects is None:
                self._objects = await self._stack.enter_async_context(
                    connect(field_manager="mofang-hub")
                )
        return self._objects
