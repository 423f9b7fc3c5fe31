"""Jobs over HTTP: read the request, ask the service, answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from http import HTTPStatus
from math import ceil
from types import MappingProxyType
from typing import ClassVar

from typing_extensions import override

from mofang_api.models import Framework, JobSpec, JobState
from mofang_audit.event import AuditAction
from mofang_jobs.api.query import read_choice, read_number
from mofang_jobs.api.service_handler import ServiceHandler
from mofang_jobs.domain.errors import TooManyError
from mofang_jobs.domain.job_filter import Filter
from mofang_jobs.services.job_listing import DEFAULT_PAGE, LONGEST_PAGE


class JobsHandler(ServiceHandler):
    """All jobs of a project."""

    audited: ClassVar[Mapping[str, AuditAction]] = MappingProxyType(
        {"POST": AuditAction.SUBMIT}
    )

    @override
    def cost(self) -> int:
        """A long page counts as the usual ones that it is in place of."""
        limit = self.get_query_argument("limit", "")
        if self.request.method != "GET" or not limit.isdecimal():
            return 1
        return max(1, ceil(min(int(limit[:9]), LONGEST_PAGE) / DEFAULT_PAGE))

    @override
    async def get(self, project: str) -> None:
        """Answer with a page of jobs."""
        limit = self.get_query_argument("limit", str(DEFAULT_PAGE))
        jobs = await self.context.listing.list_jobs(
            self.caller,
            project,
            limit=read_number("limit", limit, minimum=1),
            after=self.get_query_argument("after", None),
            wanted=self._filter(),
        )
        self.answer_json(jobs.to_json())

    def _filter(self) -> Filter:
        framework = self.get_query_argument("framework", "")
        return Filter(
            states=frozenset(
                read_choice("state", text, JobState)
                for text in self.get_query_arguments("state")
                if text
            ),
            owner=self.get_query_argument("owner", None),
            framework=read_choice("framework", framework, Framework)
            if framework
            else None,
            search=self.get_query_argument("search", ""),
        )

    @override
    async def post(self, project: str) -> None:
        """Submit a job."""
        limits = self.context.limits
        async with limits.submission(self.caller):
            spec = await self.read_model(JobSpec)
            try:
                job = await self.context.jobs.submit(self.caller, project, spec)
            except TooManyError:
                await limits.delay_refusal()
                raise
        self.audited_job = job.id
        self.context.metrics.jobs_submitted.inc()
        self.answer(job, HTTPStatus.CREATED)


class EnvironmentsHandler(ServiceHandler):
    """What jobs of a project may run."""

    @override
    async def get(self, project: str) -> None:
        """Answer with the environments that the caller may use."""
        self.answer(await self.context.jobs.list_environments(self.caller, project))


class PreviewHandler(ServiceHandler):
    """A job that is not made."""

    @override
    async def post(self, project: str) -> None:
        """Say what a job would be."""
        async with self.context.limits.submission(self.caller):
            spec = await self.read_model(JobSpec)
            preview = await self.context.jobs.preview(self.caller, project, spec)
        self.answer(preview)


class JobHandler(ServiceHandler):
    """One job."""

    audited: ClassVar[Mapping[str, AuditAction]] = MappingProxyType(
        {"DELETE": AuditAction.DELETE}
    )

    @override
    async def get(self, project: str, job: str) -> None:
        """Answer with the job."""
        self.answer(await self.context.listing.get(self.caller, project, job))

    @override
    async def delete(self, project: str, job: str) -> None:
        """Remove the job and its logs."""
        await self.context.jobs.delete(self.caller, project, job)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class DebugHandler(ServiceHandler):
    """A notebook server in the place of a job."""

    @override
    async def get(self, project: str, job: str) -> None:
        """Answer with the server and with what starts it."""
        self.answer(await self.context.jobs.debug(self.caller, project, job))


class CancelHandler(ServiceHandler):
    """The end of a job, wished for."""

    audited: ClassVar[Mapping[str, AuditAction]] = MappingProxyType(
        {"POST": AuditAction.CANCEL}
    )

    @override
    async def post(self, project: str, job: str) -> None:
        """Cancel the job."""
        self.answer(await self.context.jobs.cancel(self.caller, project, job))


class WatchHandler(ServiceHandler):
    """Changes of a project's jobs, as server-sent events."""

    is_stream = True

    @override
    async def get(self, project: str) -> None:
        """Stream events until the client leaves."""
        await self.streaming("watch", self._write(project))

    async def _write(self, project: str) -> None:
        async with aclosing(self.context.listing.watch(self.caller, project)) as events:
            async for event in events:
                self.set_header("Content-Type", "text/event-stream")
                if event is None:
                    self.write(": nothing new\n\n")
                else:
                    self.write(f"event: job\ndata: {event.to_json()}\n\n")
                # What a slow client has not read yet waits here; meanwhile changes
                # of one job are counted once.
                await self.flush()
