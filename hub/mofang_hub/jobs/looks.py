"""What is known of a job beside its object and its pods, gathered in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from mofang_hub.jobs.board import Board
from mofang_hub.jobs.models import JobSeen
from mofang_hub.jobs.notes import Notes
from mofang_hub.jobs.queue.queue import JobQueue
from mofang_hub.jobs.restarts.keeper import Restarts
from mofang_hub.jobs.states import Circumstances

MOST_KEPT = 5000


class Looks:
    """Gathers circumstances of jobs.

    Args:
        board: What is there.
        notes: What events say.
        queue: Who waits for what.
        restarts: Who starts again.
    """

    def __init__(
        self, *, board: Board, notes: Notes, queue: JobQueue, restarts: Restarts
    ) -> None:
        self._board = board
        self._notes = notes
        self._queue = queue
        self._restarts = restarts
        self._told: dict[str, Circumstances] = {}

    async def look(self, seen: JobSeen) -> bool:
        """Read what only asking tells; say whether there is news."""
        before = self._notes.known(seen)
        after = await self._notes.look(seen, self._board.pods_of(seen))
        around = self.around(seen)
        is_new = self._told.get(seen.uid, around) != around
        while len(self._told) >= MOST_KEPT:
            self._told.pop(next(iter(self._told)))
        self._told[seen.uid] = around
        return before != after or is_new

    async def look_at_all(self, jobs: Iterable[JobSeen]) -> None:
        """Read what only asking tells, of several jobs at once."""
        await asyncio.gather(
            *(self._notes.look(each, self._board.pods_of(each)) for each in jobs)
        )

    def around(self, seen: JobSeen, *, shell: bool = False) -> Circumstances:
        """Return what is known without asking anybody."""
        place, waits = self._queue.place(seen)
        return Circumstances(
            note=waits or self._notes.known(seen),
            place=place,
            alert=self._restarts.loss(seen),
            is_restarting=self._restarts.is_coming(seen),
            not_restarted=self._restarts.refusal(seen),
            shell=shell,
        )
