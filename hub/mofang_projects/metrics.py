"""What the operator counts. No label names a project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from prometheus_client import Counter, Histogram, start_http_server

from mofang_kube.metrics import CompactRegistry

METRICS_PORT = 8091


class ReconcileOperation(StrEnum):
    """What is done to a project, a person's home or a saved environment."""

    RECONCILE = "reconcile"
    REMOVE = "remove"
    HOME = "home"
    ENVIRONMENT = "environment"


class ErrorReason(StrEnum):
    """Why it could not be done."""

    INVALID_PROJECT = "invalid_project"
    FOREIGN_NAMESPACE = "foreign_namespace"
    PULL_SECRET = "pull_secret"  # noqa: S105 - no password
    KUBERNETES = "kubernetes"
    STORAGE = "storage"


class OperatorMetrics:
    """Metrics of one operator, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CompactRegistry()
        self._duration = Histogram(
            "mofang_project_reconcile_duration_seconds",
            "Time of one pass over a project's namespace, failed ones included",
            ["operation"],
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )
        self._errors = Counter(
            "mofang_project_reconcile_errors",
            "Passes over a project's namespace that failed, by what was in the way",
            ["operation", "reason"],
            registry=self.registry,
        )
        # Made up front, so that a rate over them starts at zero and not at a gap.
        for operation in (ReconcileOperation.RECONCILE, ReconcileOperation.REMOVE):
            self._duration.labels(operation=operation)
        for reason in ErrorReason:
            self._errors.labels(operation=ReconcileOperation.RECONCILE, reason=reason)
        self._errors.labels(
            operation=ReconcileOperation.REMOVE, reason=ErrorReason.KUBERNETES
        )
        self._errors.labels(
            operation=ReconcileOperation.HOME, reason=ErrorReason.STORAGE
        )

    @contextmanager
    def timed(self, operation: ReconcileOperation) -> Iterator[None]:
        """Measure a pass."""
        with self._duration.labels(operation=operation).time():
            yield

    def record_error(self, operation: ReconcileOperation, reason: ErrorReason) -> None:
        """Count a pass that failed."""
        self._errors.labels(operation=operation, reason=reason).inc()

    @contextmanager
    def serving(self, port: int = METRICS_PORT) -> Iterator[None]:
        """Answer ``/metrics`` from a thread while the context lasts.

        Without a token: the operator has no part in the hub's, nothing here names
        anybody, and no route of the gateway leads to it.
        """
        server, thread = start_http_server(port, registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
