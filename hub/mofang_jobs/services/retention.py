"""Remove what is past its time: jobs that ended long ago, and their logs.

Some operators remove ended jobs by themselves, but not cancelled ones, which they only
suspend; others never do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from mofang.models import JobState
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.adapters.log_files import LogStore
from mofang_jobs.domain.status import job_state
from mofang_jobs.engines.workload_kinds import kind_named
from mofang_kube.errors import ClusterError
from mofang_kube.leader import Leads, always
from mofang_kube.names import is_job_id

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 3600.0
LEAD_SECONDS = 10.0
"""How often who does not lead looks whether it does."""

PATIENCE = timedelta(minutes=10)
"""How long a submission may take at most."""


def _now() -> datetime:
    return datetime.now(UTC)


class Retention:
    """Sweeps once an hour.

    Args:
        board: Jobs that are there.
        engine: Deletes the jobs.
        store: Removes their logs.
        keep: How long a job stays after its end.
        leads: Says whether this process removes them.
        now: The time.
    """

    def __init__(
        self,
        board: Board,
        engine: JobEngine,
        store: LogStore,
        *,
        keep: timedelta,
        leads: Leads = always,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._board = board
        self._engine = engine
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
            await self._board.ready()
            await self.sweep()
        except (ClusterError, OSError) as err:
            log.warning("sweep of old jobs failed", error=str(err))

    async def sweep(self) -> None:
        """Remove once what is past its time."""
        limit = self._now() - self._keep
        await self._engine.sweep_needs(self._now() - PATIENCE)
        await self._delete_ended(limit)
        present = {(each.project, each.id) for each in self._board.list_all()}
        for project, job, changed in await self._store.list_folders():
            is_old = changed < limit.timestamp() and self._leads()
            if is_old and (project, job) not in present and is_job_id(job):
                log.info("logs past their time are removed", project=project, job=job)
                await self._store.remove(project, job)

    async def _delete_ended(self, limit: datetime) -> None:
        for seen in self._board.list_all():
            state = job_state(seen, self._board.pods_of(seen))
            is_cancelled = state is JobState.CANCELLED
            ended = seen.cancelled_at if is_cancelled else seen.finished
            is_old = state.is_final and ended is not None and ended < limit
            if is_old and self._leads():
                for obj in self._board.attempts_of(seen.project, seen.id):
                    name = obj["metadata"]["name"]
                    kind = kind_named(obj["kind"])
                    await self._engine.delete(kind, seen.namespace, name)
                    self._board.drop(obj)
                await self._store.remove(seen.project, seen.id)
