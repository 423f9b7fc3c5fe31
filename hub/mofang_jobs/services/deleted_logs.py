"""Remove what deleted jobs have written, once nothing of them can write any more.

A container that ends writes on, and one that was just starting makes the kubelet make
the job's directory anew. So the directory of a deleted job stays under another name,
which also tells the next process of it, until its pods have been gone for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.log_files import LogStorage

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 5.0
ABSENT_SECONDS = 30.0
"""How long a job's pods must have been gone: an operator may still make one."""


class DeletedLogs:
    """Removes directories of deleted jobs step by step.

    Any copy of the service may do that, also two at a time.

    Args:
        cache: Pods of jobs.
        store: The directories.
        clock: Steady seconds.
    """

    def __init__(
        self,
        cache: JobCache,
        store: LogStorage,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._store = store
        self._clock = clock
        self._absent_since: dict[tuple[str, str], float] = {}
        """Of each deleted job, when its pods were last seen or it was deleted."""

    async def discard(self, project: str, job: str) -> None:
        """Put the logs of a job that was just deleted out of reach."""
        await self._store.discard(project, job)
        self._absent_since[project, job] = self._clock()

    async def run(self) -> None:
        """Remove until cancelled, first what an earlier process has left."""
        await self._cache.wait_for_sync()
        await self.find()
        while True:
            await self.remove()
            await asyncio.sleep(PERIOD_SECONDS)

    async def find(self) -> None:
        """Take note of deleted jobs of which something is left."""
        for project in await self._store.list_projects():
            for job in await self._store.list_deleted(project):
                self._absent_since.setdefault((project, job), self._clock())

    async def remove(self) -> None:
        """Take one step for each deleted job of which nothing runs."""
        for project, job in list(self._absent_since):
            if self._cache.has_pods(project, job):
                self._absent_since[project, job] = self._clock()
                continue
            absent = self._clock() - self._absent_since[project, job]
            if absent < ABSENT_SECONDS:
                continue
            try:
                is_gone = await self._store.remove_deleted(project, job)
            except Exception:
                # What one job left does not keep what others left.
                log.exception("logs are not removed", project=project, job=job)
                continue
            if is_gone:
                del self._absent_since[project, job]
