"""One replica's log, wherever it is: the file on the storage, or the kubelet's.

The wrapper writes the file. A container without the wrapper, or one that died before
it, has none; then the kubelet's copy of its output is read, of which only the newest
10 MiB are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from mofang_jobs.adapters.log_files import MAX_READ_BYTES, LogPart, LogStorage
from mofang_jobs.adapters.pod_storage import PodStorage
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.models import ObservedJob, ObservedPod
from mofang_jobs.domain.status import find_pod, replica_has_ended
from mofang_kube.errors import MofangError, NotFoundError

FOLLOW_BYTES = 64 * 1024
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
FILE_TIMEOUT_SECONDS = 10.0
"""How long a running container may take to begin its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSnapshot:
    """What was seen of a job at one moment."""

    job: ObservedJob
    pods: list[ObservedPod]


Refresh = Callable[[], Awaitable[JobSnapshot]]
"""Looks at the job again, and whether its reader may still read it."""


class LogReader:
    """Reads and follows logs.

    Args:
        store: The files.
        source: The kubelets.
    """

    def __init__(self, store: LogStorage, source: PodStorage) -> None:
        self._store = store
        self._source = source

    async def read(
        self, snapshot: JobSnapshot, name: LogName, *, offset: int, limit: int
    ) -> tuple[LogPart, bool]:
        """Return a part of a log, and whether nothing will be added to it.

        Args:
            snapshot: The job with its pods.
            name: Which log.
            offset: First byte; a negative one counts from the end.
            limit: Maximum number of bytes.

        Raises:
            NotFoundError: There is no log yet, or none any more.
        """
        # The end is looked at before the file: what is written between the two
        # must not be missed.
        has_ended = replica_has_ended(
            snapshot.job, snapshot.pods, name.role, name.index
        )
        part = await self._store.read(name, offset, limit)
        if part is None:
            part = await self._from_kubelet(snapshot, name, offset, limit)
        return part, has_ended

    async def follow(
        self, refresh: Refresh, name: LogName, offset: int
    ) -> AsyncGenerator[bytes]:
        """Yield a log from an offset on until its replica has ended.

        Args:
            refresh: Returns the job with its pods as they are now.
            name: Which log.
            offset: First byte to send.
        """
        pause, waited = SHORTEST_PAUSE_SECONDS, 0.0
        while True:
            snapshot = await refresh()
            has_ended = replica_has_ended(
                snapshot.job, snapshot.pods, name.role, name.index
            )
            part = await self._store.read(name, offset, FOLLOW_BYTES)
            if part is None and self._is_late(snapshot, name, waited):
                async for chunk in self._kubelet_stream(snapshot, name, offset):
                    yield chunk
                return
            if part is not None and part.content:
                yield part.content
                offset, pause = part.next, SHORTEST_PAUSE_SECONDS
                continue
            if part is not None:
                offset = part.next
            if has_ended:
                return
            await asyncio.sleep(pause)
            is_running = _container(snapshot, name) is not None
            waited += pause if is_running else 0.0
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)

    @staticmethod
    def _is_late(snapshot: JobSnapshot, name: LogName, waited: float) -> bool:
        pod = _container(snapshot, name)
        return pod is not None and (pod.has_ended or waited >= FILE_TIMEOUT_SECONDS)

    async def _kubelet_stream(
        self, snapshot: JobSnapshot, name: LogName, offset: int
    ) -> AsyncIterator[bytes]:
        pod = _container(snapshot, name)
        if pod is None:
            return
        skip = max(offset, 0)
        output = self._source.read_output(
            snapshot.job.namespace, pod.name, pod.container, follow=True
        )
        async for chunk in output:
            if skip >= len(chunk):
                skip -= len(chunk)
                continue
            yield chunk[skip:]
            skip = 0

    async def _from_kubelet(
        self, snapshot: JobSnapshot, name: LogName, offset: int, limit: int
    ) -> LogPart:
        pod = _container(snapshot, name)
        if pod is None:
            raise NotFoundError(
                f"{name.role}-{name.index} has written nothing yet. Its log begins "
                "when its container runs."
            )
        limit = min(limit, MAX_READ_BYTES)
        window = _Window(offset, limit)
        try:
            async for chunk in self._source.read_output(
                snapshot.job.namespace, pod.name, pod.container, follow=False
            ):
                window.add(chunk)
        except MofangError as err:
            raise NotFoundError(
                f"The log of {name.role}-{name.index} is not there (any more)."
            ) from err
        return window.part()


class _Window:
    """Keeps the asked bytes of a stream that passes by, and no others."""

    def __init__(self, offset: int, limit: int) -> None:
        self._offset = offset
        self._limit = limit
        # From the end, what is asked for begins so many bytes before it.
        self._tail = min(-offset, MAX_READ_BYTES) if offset < 0 else 0
        self._kept = bytearray()
        self._size = 0

    def add(self, chunk: bytes) -> None:
        start = self._size
        self._size += len(chunk)
        if self._tail:
            self._kept += chunk
            del self._kept[: -self._tail]
        elif self._size > self._offset and len(self._kept) < self._limit:
            begin = max(self._offset - start, 0)
            self._kept += chunk[begin : begin + self._limit - len(self._kept)]

    def part(self) -> LogPart:
        if self._tail:
            start = self._size - len(self._kept)
            content = bytes(self._kept[: self._limit])
            return LogPart(content=content, offset=start, size=self._size)
        start = min(self._offset, self._size)
        return LogPart(content=bytes(self._kept), offset=start, size=self._size)


def _container(snapshot: JobSnapshot, name: LogName) -> ObservedPod | None:
    """Return the replica's pod if its container was started."""
    pod = find_pod(snapshot.pods, name.role, name.index)
    return pod if pod is not None and pod.started is not None else None
