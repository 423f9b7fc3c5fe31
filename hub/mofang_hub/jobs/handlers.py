"""Jobs over HTTP: read the request, ask the service, answer."""

from __future__ import annotations

from contextlib import aclosing
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from typing_extensions import override

from mofang.models import JobSpec
from mofang_hub.jobs.access import has_scope
from mofang_hub.jobs.requests import ServiceHandler
from mofang_hub.jobs.service import DEFAULT_PAGE
from mofang_kube.errors import ForbiddenError, InvalidError

METRICS_SCOPE = "read:metrics"
MAX_NUMBER = 2**63 - 1


def read_number(name: str, text: str, *, least: int) -> int:
    """Return a number of the query.

    Raises:
        InvalidError: It is none, or out of bounds.
    """
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= len("9" * 19)
    if not is_number or not least <= int(text) <= MAX_NUMBER:
        raise InvalidError(
            f"{name} must be a whole number of at least {least}.",
            fields={name: f"A whole number of at least {least}."},
        )
    return int(text)


class HealthHandler(ServiceHandler):
    """Whether the process answers; says nothing of the cluster."""

    is_public = True

    @override
    async def get(self) -> None:
        """Answer."""
        self.finish({"status": "ok"})


class MetricsHandler(ServiceHandler):
    """Metrics in Prometheus' form."""

    @override
    async def get(self) -> None:
        """Answer with all metrics."""
        if not has_scope(METRICS_SCOPE, self.caller.scopes):
            raise ForbiddenError(
                f"Your token lacks the scope {METRICS_SCOPE}. Use one that has it."
            )
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest(self.services.metrics.registry))


class JobsHandler(ServiceHandler):
    """All jobs of a project."""

    @override
    async def get(self, project: str) -> None:
        """Answer with a page of jobs."""
        limit = self.get_query_argument("limit", str(DEFAULT_PAGE))
        jobs = await self.services.jobs.list_jobs(
            self.caller,
            project,
            limit=read_number("limit", limit, least=1),
            after=self.get_query_argument("after", None),
        )
        self.answer(jobs)

    @override
    async def post(self, project: str) -> None:
        """Submit a job."""
        spec = self.read_model(JobSpec)
        job = await self.services.jobs.submit(self.caller, project, spec)
        self.services.metrics.jobs_submitted.inc()
        self.answer(job, HTTPStatus.CREATED)


class JobHandler(ServiceHandler):
    """One job."""

    @override
    async def get(self, project: str, job: str) -> None:
        """Answer with the job."""
        self.answer(await self.services.jobs.get(self.caller, project, job))

    @override
    async def delete(self, project: str, job: str) -> None:
        """Remove the job and its logs."""
        await self.services.jobs.delete(self.caller, project, job)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class CancelHandler(ServiceHandler):
    """The end of a job, wished for."""

    @override
    async def post(self, project: str, job: str) -> None:
        """Cancel the job."""
        self.answer(await self.services.jobs.cancel(self.caller, project, job))


class WatchHandler(ServiceHandler):
    """Changes of a project's jobs, as server-sent events."""

    is_stream = True

    @override
    async def get(self, project: str) -> None:
        """Stream events until the client leaves."""
        await self.streaming("watch", self._write(project))

    async def _write(self, project: str) -> None:
        async with aclosing(self.services.jobs.watch(self.caller, project)) as events:
            async for event in events:
                self.set_header("Content-Type", "text/event-stream")
                if event is None:
                    self.write(": nothing new\n\n")
                else:
                    self.write(f"event: job\ndata: {event.model_dump_json()}\n\n")
                # What a slow client has not read yet waits here; meanwhile changes
                # of one job are counted once.
                await self.flush()
