"""Remove jobs for good: their objects, and what they have written.

What was decided outlives this process: before the first object is deleted, a mark is
made beside the job's directory of logs, and the next process does what is left to do
for each mark that it finds.

A container that ends writes on, and one that was just starting makes the kubelet make
the job's directory anew. So the directory of a deleted job becomes the mark, out of
reach, and stays until the job's pods have been gone for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.engines.registry import kind_by_name
from mofang_kube.errors import MofangError, is_permanent

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 5.0
STEPS_PER_LISTING = 60
"""After so many steps all directories are looked through for marks."""

ABSENT_SECONDS = 30.0
"""How long a job's pods must have been gone: an operator may still make one."""


class JobRemoval:
    """Removes jobs, and step by step what they have written.

    Any copy of the service may do that, also two at a time.

    Args:
        cache: Objects and pods of jobs.
        job_storage: Deletes the objects.
        store: The directories.
        clock: Steady seconds.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        store: LogStorage,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._store = store
        self._clock = clock
        self._absent_since: dict[tuple[str, str], float] = {}
        """Of each removed job, when something of it was last seen in the cluster."""

    async def remove(self, project: str, job: str) -> None:
        """Delete a job's objects, and put what it has written out of reach.

        Raises:
            KubernetesUnavailableError: No answer; it is tried again by itself.
            MofangError: Kubernetes refuses it; the job stays as it is.
        """
        with self._cache.deleting(project, job):
            await self._store.mark_deleted(project, job)
            try:
                await self._delete_attempts(project, job)
            except MofangError as err:
                if is_permanent(err):
                    await self._store.unmark_deleted(project, job)
                else:
                    self._absent_since[project, job] = self._clock()
                raise
            await self.discard(project, job)
            # A next attempt may have come meanwhile.
            await self._delete_attempts(project, job)

    async def discard(self, project: str, job: str) -> None:
        """Put what a job has written out of reach; its objects are gone."""
        await self._store.discard(project, job)
        self._absent_since[project, job] = self._clock()

    async def run(self) -> None:
        """Finish removals until cancelled, first those that another process began."""
        await self._cache.wait_for_sync()
        while True:
            # Again and again, for what another copy has left.
            await self.find()
            for _ in range(STEPS_PER_LISTING):
                await self.finish()
                await asyncio.sleep(PERIOD_SECONDS)

    async def find(self) -> None:
        """Take note of removed jobs of which something is left."""
        for project in await self._store.list_projects():
            for job in await self._store.list_deleted(project):
                self._absent_since.setdefault((project, job), self._clock())

    async def finish(self) -> None:
        """Take one step for each removed job."""
        for project, job in list(self._absent_since):
            try:
                is_done = await self._finish(project, job)
            except (MofangError, OSError) as err:
                log.warning(
                    "job is not removed", project=project, job=job, error=str(err)
                )
            except Exception:
                # What one job left does not keep what others left.
                log.exception("logs are not removed", project=project, job=job)
            else:
                if is_done:
                    del self._absent_since[project, job]

    async def _finish(self, project: str, job: str) -> bool:
        """Take one step; return whether nothing is left to do."""
        if not await self._store.is_marked_deleted(project, job):
            # Another copy has finished it, or Kubernetes has refused it there.
            return True
        if self._cache.attempts_of(project, job):
            with self._cache.deleting(project, job):
                await self._delete_attempts(project, job)
            await self.discard(project, job)
            log.info("removal of a job taken up", project=project, job=job)
        if self._cache.has_pods(project, job):
            self._absent_since[project, job] = self._clock()
            return False
        if self._clock() - self._absent_since[project, job] < ABSENT_SECONDS:
            return False
        return await self._store.remove_deleted(project, job)

    async def _delete_attempts(self, project: str, job: str) -> None:
        for obj in self._cache.attempts_of(project, job):
            metadata = obj["metadata"]
            await self._job_storage.delete(
                kind_by_name(obj["kind"]), metadata["namespace"], metadata["name"]
            )
            self._cache.drop(obj)
