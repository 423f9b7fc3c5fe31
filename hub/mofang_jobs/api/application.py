"""Every address of the service, and a record of every request."""

from __future__ import annotations

from typing import Any

import structlog
from tornado.web import Application, RequestHandler

from mofang_jobs.api.context import ServiceContext
from mofang_jobs.api.jobs import (
    CancelHandler,
    DebugHandler,
    EnvironmentsHandler,
    JobHandler,
    JobsHandler,
    PreviewHandler,
    WatchHandler,
)
from mofang_jobs.api.logs import LogHandler, LogUsageHandler, ResultHandler
from mofang_jobs.api.metrics import HealthHandler, MetricsHandler, PrometheusHandler
from mofang_jobs.api.service_handler import ServiceHandler, UnknownPathHandler
from mofang_jobs.api.shell import ShellHandler, SshHandler

log = structlog.get_logger(__name__)

PING_SECONDS = 240.0
"""WebSocket ping timeout. Long enough for a client that is slow to drain its buffer;
clients ping more often to keep intermediaries open."""

# Only what can be a name gets to a handler, and from there into a path.
_PROJECT = r"([a-z](?:[a-z0-9-]{0,18}[a-z0-9])?)"
_JOB = r"([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)"
_REPLICA = r"([a-z](?:[a-z0-9-]{0,30}[a-z0-9])?)/([0-9]{1,5})"


def build_application(prefix: str, context: ServiceContext) -> Application:
    """Return the service's application.

    Args:
        prefix: Path under which the hub's proxy leads to it.
        context: What handlers work with.
    """
    basis = {"context": context}
    project = rf"{prefix}/api/projects/{_PROJECT}"
    jobs = rf"{project}/jobs"
    routes: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        (rf"{prefix}/api/health", HealthHandler, basis),
        (rf"{prefix}/metrics", PrometheusHandler, basis),
        (rf"{project}/environments", EnvironmentsHandler, basis),
        (rf"{project}/log-usage", LogUsageHandler, basis),
        (jobs, JobsHandler, basis),
        (rf"{jobs}/watch", WatchHandler, basis),
        (rf"{jobs}/preview", PreviewHandler, basis),
        (rf"{jobs}/{_JOB}", JobHandler, basis),
        (rf"{jobs}/{_JOB}/cancel", CancelHandler, basis),
        (rf"{jobs}/{_JOB}/debug", DebugHandler, basis),
        (rf"{jobs}/{_JOB}/metrics", MetricsHandler, basis),
        (rf"{jobs}/{_JOB}/result", ResultHandler, basis),
        (rf"{jobs}/{_JOB}/logs/{_REPLICA}", LogHandler, basis),
        (rf"{jobs}/{_JOB}/shell/{_REPLICA}", ShellHandler, basis),
        (rf"{jobs}/{_JOB}/ssh/{_REPLICA}", SshHandler, basis),
    ]
    return Application(
        routes,
        default_handler_class=UnknownPathHandler,
        default_handler_args=basis,
        log_function=record_request,
        websocket_ping_interval=PING_SECONDS,
        serve_traceback=False,
    )


def record_request(handler: RequestHandler) -> None:
    """Log and count a request that was answered."""
    if not isinstance(handler, ServiceHandler):
        return
    seconds = handler.request.request_time()
    status, method = handler.get_status(), handler.request.method or ""
    handler.context.metrics.record_request(
        type(handler).__name__, method, status, None if handler.is_stream else seconds
    )
    if handler.is_public:
        return
    log.info(
        "request",
        method=method,
        path=handler.request.path,
        status=status,
        user=handler.caller_name,
        # Of a submission, whose path does not name the job.
        **({"job": handler.audited_job} if handler.audited_job else {}),
        seconds=round(seconds, 4),
    )
