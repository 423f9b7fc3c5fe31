"""Turn a route into the VirtualService that makes it, and read it back.

Pure: nothing here talks to Kubernetes. ``IstioProxy`` does that.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mofang_hub.routes.models import BadRouteError, Route, Target, route_name
from mofang_hub.routes.quoting import path_pattern
from mofang_kube.names import (
    ROUTE_DATA_ANNOTATION,
    ROUTE_LABEL,
    ROUTE_TARGET_ANNOTATION,
    ROUTESPEC_ANNOTATION,
)

USER_HOST_PREFIX = "/hub/user-host/"
"""Where the hub answers what no server on a user's host does. The chart has it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServiceBuilder:
    """Makes VirtualServices bound to one Gateway."""

    namespace: str
    """Where the VirtualServices live: the platform's namespace."""

    gateway: str
    """The Gateway, as ``namespace/name``."""

    gateway_namespace: str
    """Where the gateway's pods run. Only they are shown the routes."""

    hosts: Sequence[str] = ("*",)
    """Domains that routes without one of their own answer to."""

    hub_url: str = ""
    """The hub's Service, as a target; needed where routes have hosts."""

    cluster_domain: str = "cluster.local"

    hub_body_bytes: int = 0
    """The longest body that is sent on to the hub, roughly; 0 for any."""

    def build(self, route: Route) -> dict[str, Any]:
        """Build the VirtualService of a route.

        It names no ``timeout``: Envoy then sets no limit on requests and none
        on idle streams, so kernels and terminals stay connected.

        Raises:
            BadRouteError: When no VirtualService can express the route.
        """
        target = Target.parse(route.target)
        return {
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {
                "name": route_name(route.routespec),
                "namespace": self.namespace,
                "labels": {
                    ROUTE_LABEL: "true",
                    "app.kubernetes.io/part-of": "mofang",
                    "app.kubernetes.io/managed-by": "mofang-hub",
                },
                "annotations": {
                    ROUTESPEC_ANNOTATION: route.routespec,
                    ROUTE_TARGET_ANNOTATION: route.target,
                    ROUTE_DATA_ANNOTATION: json.dumps(dict(route.data), sort_keys=True),
                },
            },
            "spec": {
                "hosts": [route.host] if route.host else list(self.hosts),
                "gateways": [self.gateway],
                "exportTo": [self.gateway_namespace],
                "http": [
                    _probe(route),
                    *self._refuse_large(route, target),
                    *self._forward(route, target),
                    *self._fallback(route),
                ],
            },
        }

    def is_current(self, virtual_service: Mapping[str, Any], route: Route) -> bool:
        """Tell whether the object forwards as this builder would have it forward."""
        try:
            return bool(virtual_service.get("spec") == self.build(route)["spec"])
        except BadRouteError:
            return False

    def _forward(self, route: Route, target: Target) -> list[dict[str, Any]]:
        path = route.path.removesuffix("/")
        matches: list[dict[str, Any]] = [{"uri": {"prefix": route.path}}]
        if path:
            # The address without its last slash is the server's as well; the
            # hub would take it for a server that does not run.
            matches.append({"uri": {"exact": path}})
        onward = {
            "route": self._destination(target),
            # Istio's default repeats a request after a 503 too. A notebook's
            # requests are not all repeatable, so only those that reached nobody.
            "retries": {"attempts": 2, "retryOn": "connect-failure,refused-stream"},
        }
        forward = [{"name": "forward", "match": matches} | onward]
        if (pattern := path_pattern(path)) is not None:
            # The server behind compares bytes too: it gets the hub's own spelling.
            forward.append(
                {
                    "name": "forward-requoted",
                    "match": [{"uri": {"regex": f"{pattern}(?:/.*)?"}}],
                    "rewrite": {
                        "uriRegexRewrite": {"match": f"^{pattern}", "rewrite": path}
                    },
                }
                | onward
            )
        return forward

    def _refuse_large(self, route: Route, target: Target) -> list[dict[str, Any]]:
        """Refuse what is far too long for the hub before it is sent on.

        The hub itself refuses to the byte, and bodies whose length is not declared.
        Users' servers take uploads of any length.
        """
        is_hub = self.hub_url and target == Target.parse(self.hub_url)
        if not (is_hub and self.hub_body_bytes):
            return []
        digits = len(str(self.hub_body_bytes)) + 1
        refusal = {
            "status": HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value,
            "message": f"The request has more than {self.hub_body_bytes // 1024} KiB. "
            "Split it.",
        }
        return [
            {
                "name": "too-large",
                "match": [
                    {
                        "uri": {"prefix": route.path},
                        "headers": {"content-length": {"regex": f"[0-9]{{{digits},}}"}},
                    }
                ],
                "directResponse": {
                    "status": HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value,
                    "body": {"string": json.dumps(refusal)},
                },
                "headers": {"response": {"set": {"content-type": "application/json"}}},
            }
        ]

    def _destination(self, target: Target) -> list[dict[str, Any]]:
        host = f"{target.service}.{target.namespace}.svc.{self.cluster_domain}"
        return [{"destination": {"host": host, "port": {"number": target.port}}}]

    def _fallback(self, route: Route) -> list[dict[str, Any]]:
        """Route everything else on a user's host to ``UserHostHandler`` of the hub.

        Envoy looks at no other host's routes once one is known for a host. No page of
        the hub may be shown there: a user's host is controlled by whatever service
        worker the user's server installed.
        """
        if route.host is None:
            return []
        if not self.hub_url:
            raise BadRouteError(
                f"The route {route.routespec} has a host of its own, and IstioProxy."
                "hub_url does not say where the hub is."
            )
        return [
            {
                "name": "hub",
                "match": [{"uri": {"prefix": "/"}}],
                "rewrite": {"uri": USER_HOST_PREFIX},
                "route": self._destination(Target.parse(self.hub_url)),
            }
        ]


def read_route(virtual_service: Mapping[str, Any]) -> Route | None:
    """Read the route a VirtualService was built from; None when it is not ours.

    A copy under another name is not ours either: a route is one object.
    """
    metadata = virtual_service.get("metadata", {})
    annotations = metadata.get("annotations") or {}
    try:
        route = Route(
            routespec=annotations[ROUTESPEC_ANNOTATION],
            target=annotations[ROUTE_TARGET_ANNOTATION],
            data=json.loads(annotations[ROUTE_DATA_ANNOTATION]),
        )
        is_ours = (
            metadata.get("name") == route_name(route.routespec)
            and isinstance(route.data, dict)
            and bool(route.path)
        )
    except (KeyError, ValueError, BadRouteError):
        return None
    return route if is_ours else None


def _probe(route: Route) -> dict[str, Any]:
    return {
        "name": "proof",
        "match": [{"uri": {"exact": route.readiness_probe_path}}],
        "directResponse": {"status": 200, "body": {"string": route.digest}},
    }
