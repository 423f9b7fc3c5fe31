"""What jobs used, over HTTP."""

from __future__ import annotations

from typing_extensions import override

from mofang_jobs.adapters.sample_files import SampleStore
from mofang_jobs.api.jobs import read_number
from mofang_jobs.api.service_handler import ServiceHandler, Services
from mofang_jobs.domain.access import Action
from mofang_jobs.services.hang_monitor import sampled
from mofang_jobs.services.metric_series import DEFAULT_POINTS, MAX_POINTS, chart_job


class CurvesHandler(ServiceHandler):
    """The curves of a job's replicas."""

    @override
    def initialize(self, services: Services, **more: object) -> None:
        super().initialize(services)
        samples = more["samples"]
        assert isinstance(samples, SampleStore)  # noqa: S101 - wired in app
        self._samples = samples

    @override
    async def get(self, project: str, job: str) -> None:
        """Answer with at most ``points`` points for each curve."""
        text = self.get_query_argument("points", str(DEFAULT_POINTS))
        points = min(read_number("points", text, least=2), MAX_POINTS)
        found = await self.services.lookup.find(Action.READ, self.caller, project, job)
        self.answer(await chart_job(self._samples, sampled(found.seen), points))
