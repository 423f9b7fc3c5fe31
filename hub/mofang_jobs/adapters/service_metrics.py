"""What the service counts. Names are ``mofang_<noun>_<verb>_<unit>``.

No label names a user, a project or a job: their number has no bound.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ServiceMetrics:
    """Counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "mofang_request_answer_seconds",
            "Time from a request to the end of its answer; streams are left out",
            ["handler", "method", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.jobs_submitted = Counter(
            "mofang_job_submit_count",
            "Jobs that were created",
            registry=self.registry,
        )
        self.streams = Gauge(
            "mofang_stream_open_count",
            "Answers that are being streamed",
            ["kind"],
            registry=self.registry,
        )
        self.log_bytes = Counter(
            "mofang_log_send_bytes",
            "Bytes of logs that were sent",
            registry=self.registry,
        )
        self.shells = Gauge(
            "mofang_shell_open_count", "Shells that are open", registry=self.registry
        )
        # Made up front, so that a rate over them starts at zero and not at a gap.
        for kind in ("watch", "log"):
            self.streams.labels(kind=kind)
