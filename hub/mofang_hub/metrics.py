"""Metrics of the hub beside JupyterHub's own, and bounds for those.

All are in the default registry, which JupyterHub's ``/hub/metrics`` answers with.
"""

from __future__ import annotations

from http import HTTPStatus

import jupyterhub.metrics
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Histogram,
    disable_created_metrics,
)

from mofang_hub.usage.metrics import UsageCollector
from mofang_kube.metrics import WatchCollector

WATCHES = WatchCollector()
"""Follows the watches of the spawners' context, from the hub's configuration on."""

REGISTRY.register(WATCHES)

USAGE = UsageCollector()
"""Follows the usage ledger of the hub, from its start on."""

REGISTRY.register(USAGE)

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""HTTP allows any word as a method, and a client may send a new one each time."""

_KNOWN_CODES = {each.value for each in HTTPStatus}


class RequestDurations:
    """JupyterHub's ``request_duration_seconds`` with a bounded number of series.

    JupyterHub has 15 buckets for each of its some 70 handlers, each status and each
    method that a client ever sent: hundreds of kilobytes in each scrape, and more with
    every new word that anybody sends as a method. Here the handler is left out; a
    request's own line in the log names its path.

    Args:
        registry: Where it is collected.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._histogram = Histogram(
            "request_duration_seconds",
            "Request duration for all HTTP requests",
            ["method", "code"],
            namespace=jupyterhub.metrics.metrics_prefix,
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )

    def unregister(self, registry: CollectorRegistry) -> None:
        """Take the histogram out of its registry."""
        registry.unregister(self._histogram)

    def labels(self, *, method: str, code: int, handler: str) -> Histogram:
        """Return the series of a request.

        Args:
            method: Of HTTP, as the client sent it.
            code: Status of the answer.
            handler: Class that answered; not in the series.
        """
        del handler
        return self._histogram.labels(
            method=method if method in _METHODS else "other",
            code=str(code) if code in _KNOWN_CODES else "other",
        )


def bound_series() -> None:
    """Bound what a scrape of this process has; once, before the hub starts.

    JupyterHub has no setting for either. Its function that counts requests looks the
    histogram up in its module each time.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]
    if isinstance(jupyterhub.metrics.REQUEST_DURATION_SECONDS, RequestDurations):
        return
    REGISTRY.unregister(jupyterhub.metrics.REQUEST_DURATION_SECONDS)
    jupyterhub.metrics.REQUEST_DURATION_SECONDS = RequestDurations(REGISTRY)
