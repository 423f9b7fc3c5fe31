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
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.domain.models import ObservedJob
from mofang_jobs.domain.status import job_state
from mofang_jobs.engines.registry import kind_by_name
from mofang_kube.clock import local_time
from mofang_kube.errors import ClusterError
from mofang_kube.leader import Leads, always
from mofang_kube.names import is_job_id

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 3600.0
MAX_STEPS = 100
"""Of the removal of one job's logs in a sweep; the next one goes on with it."""

LEAD_SECONDS = 10.0
"""How often who does not lead looks whether it does."""

SUBMISSION_TIMEOUT = timedelta(minutes=10)
"""How long a submission may take at most."""


class Retention:
    """Sweeps once an hour.

    Args:
        cache: Jobs that are there.
        job_storage: Deletes the jobs.
        store: Removes their logs.
        keep: How long a job stays after its end.
        leads: Says whether this process removes them.
        now: The time, as the cluster has it.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        store: LogStorage,
        *,
        keep: timedelta,
        leads: Leads = always,
        now: Callable[[], datetime] = local_time,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
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
        await self._job_storage.collect_orphans(self._now() - SUBMISSION_TIMEOUT)
        await self._delete_ended(limit)
        present = {(each.project, each.id) for each in self._cache.list_all()}
        for project in await self._store.list_projects():
            for job, changed in await self._store.list_folders(project):
                is_old = changed < limit.timestamp() and self._leads()
                if is_old and (project, job) not in present and is_job_id(job):
                    log.info("old logs are removed", project=project, job=job)
                    await self._remove_logs(project, job)

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
        for obj in self._cache.attempts_of(job.project, job.id):
            name = obj["metadata"]["name"]
            kind = kind_by_name(obj["kind"])
            await self._job_storage.delete(kind, job.namespace, name)
            self._cache.drop(obj)
        await self._remove_logs(job.project, job.id)

    async def _remove_logs(self, project: str, job: str) -> None:
        """Remove as much as one sweep may spend on one job."""
        try:
            for _ in range(MAX_STEPS):
                if await self._store.remove(project, job) or not self._leads():
                    return
        except Exception:
            log.exception("logs are not removed", project=project, job=job)
