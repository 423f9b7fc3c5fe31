"""What a route is, and which routes can be kept at all.

Pure: nothing here talks to Kubernetes or to the gateway.

A *routespec* is the hub's word for a prefix of URLs, ``/user/ada/vision-lab/``
or, with a domain per user, ``ada.example.org/user/ada/vision-lab/``. A
*target* is where requests go, ``http://<service>.<namespace>.svc:<port>``.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from mofang_kube.errors import ClusterError, RefusedError

_ROUTESPEC = re.compile(
    r"(?P<host>[a-z0-9*]([a-z0-9.*-]*[a-z0-9])?)?"
    r"(?P<path>/((?!\.{1,2}/)[A-Za-z0-9._~%!$&'()*+,;=:@-]+/)*)"
)
_SERVICE_HOST = re.compile(
    r"(?P<service>[a-z]([a-z0-9-]*[a-z0-9])?)"
    r"\.(?P<namespace>[a-z0-9]([a-z0-9-]*[a-z0-9])?)"
    r"\.svc(\.(?P<domain>[a-z0-9.-]+))?"
)


class BadRouteError(RefusedError):
    """The routespec or the target is not one a gateway can serve."""

    code = "bad_route"


class OverlappingRouteError(RefusedError):
    """A route would hide another, or be hidden by it."""

    code = "overlapping_route"


class RouteNotLiveError(ClusterError):
    """The gateway did not begin to serve the route in time."""

    code = "route_not_live"
    status = 504


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The Service behind a route."""

    service: str
    namespace: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``http://<service>.<namespace>.svc[.<domain>][:<port>]``.

        Raises:
            BadRouteError: When the address is anything else, such as a pod's.
        """
        parts = urlsplit(url)
        found = _SERVICE_HOST.fullmatch(parts.hostname or "")
        if parts.scheme != "http" or found is None:
            msg = (
                f"The target {url} is not the address of a Service "
                "(http://<service>.<namespace>.svc:<port>): a gateway routes to "
                "Services only, so the spawner must make one for each server."
            )
            raise BadRouteError(msg)
        if parts.path.strip("/") or parts.query or parts.fragment:
            msg = (
                f"The target {url} has a path: requests are forwarded with the path "
                "that they came with. Leave out what follows the port."
            )
            raise BadRouteError(msg)
        try:
            port = parts.port
        except ValueError as err:
            raise BadRouteError(f"The target {url} has no valid port.") from err
        return cls(
            service=found["service"], namespace=found["namespace"], port=port or 80
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One prefix of URLs and where it leads."""

    routespec: str
    target: str
    """As the hub gave it; compared by the hub to find out-of-date routes."""

    data: Mapping[str, Any] = field(default_factory=dict)
    """The hub's own notes on the route: whose server or service it is."""

    @property
    def host(self) -> str | None:
        """The domain of a host-based route, else None."""
        return _parsed(self.routespec)["host"]

    @property
    def path(self) -> str:
        """The prefix, beginning and ending with a slash."""
        return _parsed(self.routespec)["path"]

    @property
    def digest(self) -> str:
        """Differs for each routespec, target and data: names one exact route."""
        text = json.dumps(
            [self.routespec, self.target, dict(self.data)], sort_keys=True
        )
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def readiness_probe_path(self) -> str:
        """Where the gateway answers with the digest once this route is live."""
        return f"{self.path}.mofang-route/{self.digest}"


def route_name(routespec: str) -> str:
    """Name the route's object; the same for each target of one routespec."""
    return f"route-{hashlib.sha256(routespec.encode()).hexdigest()[:24]}"


def validate_no_overlap(routespec: str, others: Iterable[str]) -> None:
    """Refuse a route that is a prefix of another, or the other way round.

    Istio does not promise an order between two VirtualServices of one host,
    except that a catch-all comes last. So ``/`` (the hub) is fine beside
    everything, and every other pair must be disjoint. All servers being named
    servers keeps it so: ``/user/ada/a/`` and ``/user/ada/b/``.

    Raises:
        OverlappingRouteError: When both could answer one request.
    """
    if _is_catch_all(routespec):
        return
    for other in others:
        if other == routespec or _is_catch_all(other):
            continue
        if routespec.startswith(other) or other.startswith(routespec):
            msg = (
                f"The route {routespec} overlaps the route {other}, and the gateway "
                "would answer from either. Use named servers only."
            )
            raise OverlappingRouteError(msg)


def _is_catch_all(routespec: str) -> bool:
    return routespec.endswith("/") and routespec.count("/") == 1


def _parsed(routespec: str) -> re.Match[str]:
    found = _ROUTESPEC.fullmatch(routespec)
    if found is None:
        msg = (
            f"The routespec {routespec!r} is not [host]/path/ with characters "
            "that a URL may hold."
        )
        raise BadRouteError(msg)
    return found
