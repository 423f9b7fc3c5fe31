"""Remove what is past its time: jobs that ended long ago, and their logs.

Some operators remove ended jobs by themselves, but not cancelled ones, which they only
suspend; others never do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from mofang_api.models import JobState
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.domain.models import ObservedJob
from mofang_jobs.domain.status import job_state
from mofang_jobs.services.job_removal import JobRemoval
from mofang_kube.clock import local_time
from mofang_kube.errors import ClusterError
from mofang_kube.leader import Leads, always
from mofang_kube.names import is_job_id

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 3600.0
LEAD_SECONDS = 10.0
"""How often who does not lead looks whether it does."""


class Retention:
    """Sweeps once an hour.

    Args:
        cache: Jobs that are there.
        removal: Removes them, with what they have written.
        store: Finds what jobs have left that are not there.
        keep: How long a job stays after its end.
        leads: Says whether this process removes them.
        now: The time, as the cluster has it.
    """

    def __init__(
        self,
        cache: JobCache,
        removal: JobRemoval,
        store: LogStorage,
        *,
        keep: timedelta,
        leads: Leads = always,
        now: Callable[[], datetime] = local_time,
    ) -> None:
        self._cache = cache
        self._removal = removal
        self._store = store
        self._keep = keep
        self._leads = leads
        self._now = now

    async def run(self) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            leads = self._leads()
            if leads:
                await self._try_to_sweep()
            await asyncio.sleep(PERIOD_SECONDS if leads else LEAD_SECONDS)

    async def _try_to_sweep(self) -> None:
        try:
            await self._cache.ready()
            await self.sweep()
        except (ClusterError, OSError) as err:
            log.warning("sweep of old jobs failed", error=str(err))

    async def sweep(self) -> None:
        """Remove once what is past its time."""
        limit = self._now() - self._keep
        await self._delete_ended(limit)
        present = {(each.project, each.id) for each in self._cache.list_all()}
        for project in await self._store.list_projects():
            for job, changed in await self._store.list_folders(project):
                is_old = changed < limit.timestamp() and self._leads()
                if is_old and (project, job) not in present and is_job_id(job):
                    log.info("old logs are removed", project=project, job=job)
                    await self._removal.discard(project, job)

    async def _delete_ended(self, limit: datetime) -> None:
        for job in self._cache.list_all():
            if not self._leads():
                return
            try:
                await self._delete_if_ended(job, limit)
            except Exception:
                # What is wrong with one job does not keep the others.
                log.exception("old job is not removed", job=job.id, project=job.project)

    async def _delete_if_ended(self, job: ObservedJob, limit: datetime) -> None:
        state = job_state(job, self._cache.pods_of(job))
        is_cancelled = state is JobState.CANCELLED
        ended = job.cancelled_at if is_cancelled else job.finished
        if not state.is_final or ended is None or ended >= limit:
            return
        await self._removal.remove(job.project, job.id)
