"""Turn a route into the VirtualService that makes it, and read it back.

Pure: nothing here talks to Kubernetes. ``IstioProxy`` does that.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mofang_hub.routes.models import Route, Target, route_name
from mofang_kube.names import GROUP, ROUTE_LABEL

ROUTESPEC_ANNOTATION = f"{GROUP}/routespec"
TARGET_ANNOTATION = f"{GROUP}/target"
DATA_ANNOTATION = f"{GROUP}/data"


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

    cluster_domain: str = "cluster.local"

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
                    TARGET_ANNOTATION: route.target,
                    DATA_ANNOTATION: json.dumps(dict(route.data), sort_keys=True),
                },
            },
            "spec": {
                "hosts": [route.host] if route.host else list(self.hosts),
                "gateways": [self.gateway],
                "exportTo": [self.gateway_namespace],
                "http": [_proof(route), self._forward(route, target)],
            },
        }

    def _forward(self, route: Route, target: Target) -> dict[str, Any]:
        matches: list[dict[str, Any]] = [{"uri": {"prefix": route.path}}]
        if route.path != "/":
            # The address without its last slash is the server's as well; the
            # hub would take it for a server that does not run.
            matches.append({"uri": {"exact": route.path.removesuffix("/")}})
        host = f"{target.service}.{target.namespace}.svc.{self.cluster_domain}"
        return {
            "name": "forward",
            "match": matches,
            "route": [{"destination": {"host": host, "port": {"number": target.port}}}],
            # Istio's default repeats a request after a 503 too. A notebook's
            # requests are not all repeatable, so only those that reached nobody.
            "retries": {"attempts": 2, "retryOn": "connect-failure,refused-stream"},
        }


def read_route(virtual_service: Mapping[str, Any]) -> Route | None:
    """Read the route a VirtualService was built from; None when it is not ours."""
    annotations = virtual_service.get("metadata", {}).get("annotations") or {}
    try:
        return Route(
            routespec=annotations[ROUTESPEC_ANNOTATION],
            target=annotations[TARGET_ANNOTATION],
            data=json.loads(annotations[DATA_ANNOTATION]),
        )
    except (KeyError, ValueError):
        return None


def _proof(route: Route) -> dict[str, Any]:
    return {
        "name": "proof",
        "match": [{"uri": {"exact": route.proof_path}}],
        "directResponse": {"status": 200, "body": {"string": route.digest}},
    }
