"""What jobs used, what the service counts, and whether it answers."""

from __future__ import annotations

import gzip

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from typing_extensions import override

from mofang_jobs.api.query import read_number
from mofang_jobs.api.service_handler import ServiceHandler
from mofang_jobs.domain.access import Action, has_scope
from mofang_jobs.services.hang_monitor import sampled_replicas
from mofang_jobs.services.metric_series import DEFAULT_POINTS, MAX_POINTS, chart_job
from mofang_kube.errors import ForbiddenError

METRICS_SCOPE = "read:metrics"


class HealthHandler(ServiceHandler):
    """Whether the process answers; says nothing of the cluster."""

    is_public = True

    @override
    async def get(self) -> None:
        """Answer."""
        self.finish({"status": "ok"})


class PrometheusHandler(ServiceHandler):
    """Metrics in Prometheus' form."""

    @override
    async def get(self) -> None:
        """Answer with all metrics."""
        if not has_scope(METRICS_SCOPE, self.caller.scopes):
            raise ForbiddenError(
                f"Your token lacks the scope {METRICS_SCOPE}. Use one that has it."
            )
        text = generate_latest(self.context.metrics.registry)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.set_header("Vary", "Accept-Encoding")
        # Prometheus takes it compressed, which is a tenth.
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            text = gzip.compress(text, compresslevel=1)
        self.finish(text)


class MetricsHandler(ServiceHandler):
    """What a job's replicas used."""

    @override
    async def get(self, project: str, job: str) -> None:
        """Answer with at most ``points`` points for each curve."""
        text = self.get_query_argument("points", str(DEFAULT_POINTS))
        points = min(read_number("points", text, minimum=2), MAX_POINTS)
        found = await self.context.lookup.find(Action.READ, self.caller, project, job)
        async with self.context.limits.chart(self.caller) as turn:
            charts = await chart_job(
                self.context.samples, sampled_replicas(found.job), points, turn
            )
        self.answer(charts)
