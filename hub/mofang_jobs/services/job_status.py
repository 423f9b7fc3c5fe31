"""What is known of a job beside its object and its pods, gathered in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.record_files import Kept, RecordStore
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.messages import exit_sentence
from mofang_jobs.domain.models import JobSeen, PodPhase
from mofang_jobs.domain.status import Circumstances
from mofang_jobs.scheduling.pod_group_controller import Gangs
from mofang_jobs.scheduling.queue import JobQueue
from mofang_jobs.services.event_reasons import Notes
from mofang_jobs.services.hang_monitor import Hangs
from mofang_jobs.services.restart_controller import Restarts

MOST_KEPT = 5000


class Looks:
    """Gathers circumstances of jobs.

    Args:
        board: What is there.
        notes: What events say.
        queue: Who waits for what.
        restarts: Who starts again.
        records: What replicas leave beside their logs.
        gangs: Who waits for machines.
        hangs: Who makes no progress.
    """

    def __init__(
        self,
        *,
        board: Board,
        notes: Notes,
        queue: JobQueue,
        restarts: Restarts,
        records: RecordStore,
        gangs: Gangs,
        hangs: Hangs,
    ) -> None:
        self._board = board
        self._notes = notes
        self._queue = queue
        self._restarts = restarts
        self._records = records
        self._gangs = gangs
        self._hangs = hangs
        self._kept: dict[str, dict[tuple[str, int], tuple[datetime, str]]] = {}
        self._told: dict[str, Circumstances] = {}

    async def look(self, seen: JobSeen) -> bool:
        """Read what only asking tells; say whether there is news."""
        before = self._notes.known(seen)
        after = await self._notes.look(seen, self._board.pods_of(seen))
        await self._look_at_kept(seen)
        around = self.around(seen)
        is_new = self._told.get(seen.uid, around) != around
        while len(self._told) >= MOST_KEPT:
            self._told.pop(next(iter(self._told)))
        self._told[seen.uid] = around
        return before != after or is_new

    async def look_at_all(self, jobs: Iterable[JobSeen]) -> None:
        """Read what only asking tells, of several jobs at once."""
        found = ((each, self._board.pods_of(each)) for each in jobs)
        # Of most jobs of a page nothing need be asked.
        wanted = [each for each in found if self._notes.concern(*each)]
        await asyncio.gather(*(self._notes.look(*each) for each in wanted))

    def around(self, seen: JobSeen, *, shell: bool = False) -> Circumstances:
        """Return what is known without asking anybody."""
        place, waits = self._queue.place(seen)
        return Circumstances(
            note=waits or self._notes.known(seen),
            gang=self._gangs.waiting(seen, self._board.pods_of(seen)),
            place=place,
            alert=self._restarts.loss(seen) or self._hangs.alert(seen),
            is_restarting=self._restarts.is_coming(seen),
            not_restarted=self._restarts.refusal(seen),
            shell=shell,
            kept=self._kept.get(seen.uid, {}),
        )

    async def _look_at_kept(self, seen: JobSeen) -> None:
        """Read which failed replicas of a running job stay for a look."""
        pods = self._board.pods_of(seen)
        running = [pod for pod in pods if pod.phase is PodPhase.RUNNING]
        if not seen.spec.keep_on_failure_minutes or not running:
            self._kept.pop(seen.uid, None)
            return
        names = [
            LogName(project=seen.project, job=seen.id, role=pod.role, index=pod.index)
            for pod in running
        ]
        found = await self._records.kept(names)
        self._kept[seen.uid] = {
            key: (kept.until, _ending(f"{key[0]}-{key[1]}", kept))
            for key, kept in found.items()
        }


def _ending(replica: str, kept: Kept) -> str:
    return f"{exit_sentence(replica, kept.exit_code, kept.cause)} It stays for now."
