"""The client of the training service.

What is sent and how answers are read is described in ``endpoints`` and ``streams``;
this only carries it over and waits. It is written once, for asyncio:
``extensions/client/write_client.py`` makes the blocking client of it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from httpx_sse import EventSource

from mofang import endpoints
from mofang.archives import KEPT
from mofang.endpoints import Call, JobFilter, LogPart
from mofang.errors import (
    MofangError,
    NotFoundError,
    PlatformError,
    UnreachableError,
)
from mofang.settings import ClientOptions, ClientSettings
from mofang.snapshot_gc import SnapshotCollector, keep_code
from mofang.streams import JobWait, LogPosition, read_event
from mofang.threads import run_in_thread
from mofang_api.models import (
    EnvironmentList,
    Job,
    JobEvent,
    JobList,
    JobMetrics,
    JobSpec,
    LogUsage,
    Preview,
)

T = TypeVar("T")

LOG_PART_BYTES = 1024 * 1024

TIMEOUT = httpx.Timeout(30.0, connect=10.0)

STREAM_TIMEOUT = httpx.Timeout(45.0, connect=10.0)
"""The watch sends a sign of life each 15 s; a silent log is asked for again."""

CONNECTION_ATTEMPTS = 2
"""Only connections are retried, never requests: a submission happens once."""


class AsyncClient:
    """Client of one project's jobs; use it as a context manager, or close it.

    Args:
        transport: Who carries requests, in place of the network.
        given: ``url``, ``token``, ``project`` and ``image`` in place of what the
            environment and the file of settings say.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **given: Unpack[ClientOptions],
    ) -> None:
        self.settings = ClientSettings.find(given)
        with endpoints.trusting():
            self._http = httpx.AsyncClient(
                timeout=TIMEOUT,
                transport=transport
                or httpx.AsyncHTTPTransport(
                    retries=CONNECTION_ATTEMPTS, proxy=self.settings.proxy()
                ),
            )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def list_jobs(
        self,
        limit: int | None = None,
        after: str | None = None,
        **wanted: Unpack[JobFilter],
    ) -> JobList:
        """Return one page of the project's jobs, newest first.

        ``wanted`` are the filters ``state``, ``owner``, ``framework``, ``search``.
        """
        call = endpoints.list_jobs(self.settings.project, limit, after, wanted)
        return await self._do(call)

    async def read_log_usage(self) -> LogUsage:
        """Return what the logs and results of the project's jobs, and of yours, take.

        They are no part of the home, nor of the project's directory.
        """
        return await self._do(endpoints.read_log_usage(self.settings.project))

    async def list_environments(self) -> EnvironmentList:
        """Return the environments that jobs of the project may run."""
        return await self._do(endpoints.list_environments(self.settings.project))

    async def submit(self, spec: JobSpec) -> Job:
        """Create a job. Never repeated by itself, so that there is only one.

        Copies of code that nobody needs any more go away then.
        """
        call = endpoints.submit_job(self.settings.project, spec)
        await run_in_thread(keep_code, spec, self.settings)
        job = await self._do(call)
        if spec.code:
            await self.collect_snapshots()
        return job

    async def collect_snapshots(self) -> int:
        """Remove old copies of code that no job needs; return how many."""
        collector = await self._asked_collector(KEPT)
        return await run_in_thread(collector.finish)

    async def unneeded_snapshots(self, kept: timedelta = KEPT) -> set[str]:
        """Return the copies of code that no job needs, by their SHA-256.

        Args:
            kept: Those that were used since then are left out.
        """
        return (await self._asked_collector(kept)).unneeded

    async def _asked_collector(self, kept: timedelta) -> SnapshotCollector:
        collector = await run_in_thread(SnapshotCollector, self.settings, None, kept)
        while (call := collector.call) is not None:
            try:
                collector.took(await self._do(call))
            except MofangError as error:
                collector.failed(error)
        return collector

    async def preview(self, spec: JobSpec) -> Preview:
        """Return what a job would be and cost; nothing is made."""
        return await self._do(endpoints.preview_job(self.settings.project, spec))

    async def get_job(self, job_id: str) -> Job:
        """Return a job as it is now."""
        return await self._do(endpoints.get_job(self.settings.project, job_id))

    async def cancel(self, job_id: str) -> Job:
        """Ask for a job's end; asking again changes nothing."""
        return await self._do(endpoints.cancel_job(self.settings.project, job_id))

    async def delete(self, job_id: str) -> None:
        """Remove a job and its logs."""
        await self._do(endpoints.delete_job(self.settings.project, job_id))

    async def metrics(self, job_id: str, points: int | None = None) -> JobMetrics:
        """Return what a job's replicas used, as curves of so many points."""
        call = endpoints.get_metrics(self.settings.project, job_id, points)
        return await self._do(call)

    async def result(self, job_id: str) -> dict[str, Any]:
        """Return what the script left with ``mofang.report``; empty if nothing."""
        return await self._do(endpoints.get_result(self.settings.project, job_id))

    async def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """Return the job once it has ended, however it did.

        Raises:
            StillRunningError: It has not after ``timeout`` seconds; it goes on.
        """
        waiting = JobWait(job_id, timeout)
        while True:
            try:
                job = await self.get_job(job_id)
            except (UnreachableError, PlatformError) as error:
                waiting.lost(error)
            else:
                if waiting.is_over(job):
                    return job
            await asyncio.sleep(waiting.pause())

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[JobEvent]]:
        """Open a stream of changes of the project's jobs.

        It ends when the connection does. Once it is open nothing is missed, so list
        the jobs while it is.
        """
        call = endpoints.watch_jobs(self.settings.project)
        async with self._stream(call) as response:
            yield (
                event
                async for each in EventSource(response).aiter_sse()
                if (event := read_event(each))
            )

    async def read_log(
        self,
        job_id: str,
        role: str = "worker",
        index: int = 0,
        *,
        offset: int = 0,
        limit: int = LOG_PART_BYTES,
    ) -> LogPart:
        """Return a part of a log; a negative offset counts from its end.

        Args:
            job_id: Id of the job, such as ``digits-x1y2z3``.
            role: Role of the replica, such as ``worker``.
            index: Index of the replica within its role, from 0.
            offset: First byte; a negative one counts from the end of the log.
            limit: Maximum number of bytes.
        """
        project, replica = self.settings.project, (role, index)
        return await self._do(
            endpoints.read_log(project, job_id, replica, offset, limit)
        )

    async def follow_log(
        self, job_id: str, role: str = "worker", index: int = 0, *, offset: int = 0
    ) -> AsyncIterator[bytes]:
        """Yield a log as it is written until its replica ends.

        Broken connections are opened again where they broke.

        Args:
            job_id: Id of the job, such as ``digits-x1y2z3``.
            role: Role of the replica, such as ``worker``.
            index: Index of the replica within its role, from 0.
            offset: First byte to send.
        """
        position, project = LogPosition(offset), self.settings.project
        while not position.is_complete:
            call = endpoints.follow_log(project, job_id, (role, index), position.offset)
            try:
                try:
                    with suppress(UnreachableError):
                        async with self._stream(call) as response:
                            async for chunk in response.aiter_bytes():
                                yield position.took(chunk)
                    part = await self.read_log(
                        job_id, role, index, offset=position.offset
                    )
                except NotFoundError as error:
                    position.absent(error, await self.get_job(job_id))
                else:
                    yield position.took_part(part)
            except (UnreachableError, PlatformError) as error:
                position.lost(error)
            await asyncio.sleep(position.pause())

    async def _do(self, call: Call[T]) -> T:
        for attempt in itertools.count():
            with endpoints.reaching(self.settings.url):
                response = await self._http.send(call.request(self.settings))
            if (pause := endpoints.retry_pause(response, attempt)) is None:
                break
            await asyncio.sleep(pause)
        endpoints.check_status(response)
        return call.read(response)

    @asynccontextmanager
    async def _stream(self, call: Call[None]) -> AsyncIterator[httpx.Response]:
        request = call.request(self.settings)
        request.extensions["timeout"] = STREAM_TIMEOUT.as_dict()
        with endpoints.reaching(self.settings.url):
            for attempt in itertools.count():
                response = await self._http.send(request, stream=True)
                if (pause := endpoints.retry_pause(response, attempt)) is None:
                    break
                await response.aclose()
                await asyncio.sleep(pause)
            try:
                if not response.is_success:
                    await response.aread()
                    endpoints.check_status(response)
                yield response
            finally:
                await response.aclose()
