"""What the service counts, in Prometheus' names and units.

Names are ``mofang_<noun>_<verb>_<unit>``; counters end in ``_total``. The values of
every label are few: no user, no job, no path, and nothing that a caller may choose. A
project is the one name among them, as administrators make projects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus

from prometheus_client import Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from mofang_api.models import Engine
from mofang_jobs.domain.failure_class import FailureClass
from mofang_kube.metrics import CompactRegistry, WatchCollector

_REQUEST_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_WAIT_SECONDS = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
"""HTTP allows any word as a method, and a client may send a new one each time."""

PendingCounts = Mapping[tuple[str, str], int]
"""Project and state of pending jobs → how many there are."""


def _nobody() -> PendingCounts:
    return {}


class PendingJobsCollector(Collector):
    """Asks the queue when it is scraped."""

    def __init__(self) -> None:
        self._counts: Callable[[], PendingCounts] = _nobody

    def follow(self, counts: Callable[[], PendingCounts]) -> None:
        """Report these from now on."""
        self._counts = counts

    @override
    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "mofang_pending_jobs",
            "Jobs that are not admitted yet, by what they wait for: queued for quota "
            "or their turn, unschedulable on any node or in the whole quota, refused "
            "when they were last admitted, blocked by a broken queue",
            labels=["project", "state"],
        )
        for (project, state), count in sorted(self._counts().items()):
            family.add_metric([project, state], count)
        yield family


class ServiceMetrics:
    """Metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CompactRegistry()
        self._add_requests()
        self._add_jobs()
        self.pending_jobs = PendingJobsCollector()
        self.watches = WatchCollector()
        self.registry.register(self.pending_jobs)
        self.registry.register(self.watches)

    def _add_requests(self) -> None:
        self._request_duration = Histogram(
            "mofang_request_duration_seconds",
            "Time from a request to the end of its answer; streams are left out",
            ["handler", "method"],
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "mofang_requests",
            "Requests that were answered; of streams, that began",
            ["handler", "method", "code"],
            registry=self.registry,
        )
        self._request_errors = Counter(
            "mofang_request_errors",
            "Requests that were refused or failed, by the code in the answer's body",
            ["error"],
            registry=self.registry,
        )
        self.streams = Gauge(
            "mofang_open_streams",
            "Answers that are being streamed",
            ["kind"],
            registry=self.registry,
        )
        self.log_bytes = Counter(
            "mofang_log_sent_bytes",
            "Bytes of logs that were sent",
            registry=self.registry,
        )
        self.shells = Gauge(
            "mofang_open_shells",
            "Shells and SSH sessions that are open",
            registry=self.registry,
        )
        # Made up front, so that a rate over them starts at zero and not at a gap.
        for kind in ("watch", "log"):
            self.streams.labels(kind=kind)

    def _add_jobs(self) -> None:
        self.jobs_submitted = Counter(
            "mofang_jobs_submitted",
            "Jobs that were submitted",
            registry=self.registry,
        )
        self._jobs_admitted = Counter(
            "mofang_jobs_admitted",
            "Jobs that were admitted; each attempt of a job counts",
            registry=self.registry,
        )
        self._admission_wait = Histogram(
            "mofang_job_admission_wait_seconds",
            "Time from a job's submission or restart to its admission",
            buckets=_WAIT_SECONDS,
            registry=self.registry,
        )
        self._job_restarts = Counter(
            "mofang_job_restarts",
            "Attempts that were made after another had failed, by why that failed",
            ["cause"],
            registry=self.registry,
        )
        self._job_failures = Counter(
            "mofang_job_failures",
            "Attempts of jobs that failed, by what ran them and why they failed",
            ["engine", "cause"],
            registry=self.registry,
        )
        for cause in FailureClass:
            self._job_restarts.labels(cause=cause)
            for engine in Engine:
                self._job_failures.labels(engine=engine, cause=cause)

    def record_request(
        self, handler: str, method: str, code: int, seconds: float | None
    ) -> None:
        """Count a request.

        Args:
            handler: Name of the class that answered it.
            method: Of HTTP, as the client sent it.
            code: HTTP status of the answer.
            seconds: How long it took; None of a stream, which takes as long as
                somebody listens.
        """
        known = method if method in _METHODS else "other"
        self._requests.labels(handler=handler, method=known, code=str(int(code))).inc()
        # A handler has few methods of its own; the others are refused at once.
        if seconds is not None and code != HTTPStatus.METHOD_NOT_ALLOWED:
            self._request_duration.labels(handler=handler, method=known).observe(
                seconds
            )

    def record_error(self, code: str) -> None:
        """Count an answer that says what is wrong.

        Args:
            code: Of the error: a constant of its class, or the name of its status.
        """
        self._request_errors.labels(error=code).inc()

    def record_admission(self, waited: timedelta) -> None:
        """Count a job that was admitted after this time."""
        self._jobs_admitted.inc()
        # The API server's clock tells since when, and ours until when.
        self._admission_wait.observe(max(waited.total_seconds(), 0.0))

    def record_restart(self, cause: FailureClass) -> None:
        """Count a job that was restarted after this failure."""
        self._job_restarts.labels(cause=cause).inc()

    def record_failure(self, engine: Engine, cause: FailureClass) -> None:
        """Count an attempt that failed."""
        self._job_failures.labels(engine=engine, cause=cause).inc()
