"""Logs over HTTP: parts of a file, or all of it as it grows."""

from __future__ import annotations

from contextlib import aclosing

from typing_extensions import override

from mofang_jobs.adapters.log_files import MAX_READ_BYTES
from mofang_jobs.api.query import MAX_NUMBER, read_number
from mofang_jobs.api.service_handler import ServiceHandler
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.services.log_reader import JobSnapshot
from mofang_kube.errors import NotFoundError


class LogUsageHandler(ServiceHandler):
    """What the logs of a project's jobs take."""

    @override
    async def get(self, project: str) -> None:
        """Answer with usage and limit, and what the caller's jobs take of it."""
        self.answer(await self.context.log_usage.read(self.caller, project))


class LogHandler(ServiceHandler):
    """The log of one replica."""

    is_stream = True

    @override
    def is_endless(self) -> bool:
        return self.get_query_argument("follow", "") == "true"

    @override
    async def get(self, project: str, job: str, role: str, index: str) -> None:
        """Answer with a part of the log, or follow it."""
        offset = read_number(
            "offset", self.get_query_argument("offset", "0"), minimum=-MAX_NUMBER
        )
        name = LogName(project=project, job=job, role=role, index=int(index))
        snapshot = await self._snapshot(name)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if self.is_endless():
            await self.streaming("log", self._follow(snapshot, name, offset))
            return
        limit = read_number(
            "limit", self.get_query_argument("limit", str(MAX_READ_BYTES)), minimum=1
        )
        part, is_complete = await self.context.log_reader.read(
            snapshot, name, offset=offset, limit=limit
        )
        self.set_header("X-Log-Size", str(part.size))
        self.set_header("X-Log-Next", str(part.next))
        self.set_header("X-Log-Complete", "true" if is_complete else "false")
        self.context.metrics.log_bytes.inc(len(part.content))
        self.finish(part.content)

    async def _snapshot(self, name: LogName) -> JobSnapshot:
        found = await self.context.lookup.find(
            Action.READ, self.caller, name.project, name.job
        )
        counts = dict(role_names(found.job.spec))
        if name.index >= counts.get(name.role, 0):
            raise NotFoundError(
                f"The job {name.job} has no replica {name.role}-{name.index}."
            )
        return JobSnapshot(job=found.job, pods=found.pods)

    async def _follow(self, snapshot: JobSnapshot, name: LogName, offset: int) -> None:
        if offset < 0:
            part, _ = await self.context.log_reader.read(
                snapshot, name, offset=offset, limit=1
            )
            offset = part.offset
        # Whoever asked learns at once that the log is being followed.
        await self.flush()
        pieces = self.context.log_reader.follow(
            lambda: self._snapshot(name), name, offset
        )
        async with aclosing(pieces):
            async for piece in pieces:
                self.write(piece)
                # Reading goes on when the client has taken this piece.
                await self.flush()
                self.context.metrics.log_bytes.inc(len(piece))
        self.finish()


class ResultHandler(ServiceHandler):
    """What a job's script reported."""

    @override
    async def get(self, project: str, job: str) -> None:
        """Answer with the values by name."""
        await self.context.lookup.find(Action.READ, self.caller, project, job)
        self.finish(await self.context.records.result(project, job))
