"""What jobs used, over HTTP."""

from __future__ import annotations

from typing_extensions import override

from mofang_hub.health.charts import DEFAULT_POINTS, MAX_POINTS, chart_job
from mofang_hub.health.samples import SampleStore
from mofang_hub.jobs.access import Action
from mofang_hub.jobs.handlers import read_number
from mofang_hub.jobs.hangs import sampled
from mofang_hub.jobs.requests import ServiceHandler, Services


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
