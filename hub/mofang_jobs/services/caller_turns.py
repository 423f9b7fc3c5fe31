"""Let a few of each caller's tasks go on at a time; the others of theirs wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class _Turns:
    free: asyncio.Semaphore
    users: int = 0


class CallerTurns:
    """One semaphore for each caller that has a task.

    Args:
        at_once: Tasks of one caller that go on.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns: dict[str, _Turns] = {}

    def __len__(self) -> int:
        """How many callers have a task, or wait with one."""
        return len(self._turns)

    @asynccontextmanager
    async def take(self, caller: str) -> AsyncIterator[None]:
        """Wait for a turn, in the order in which the caller's tasks came.

        Args:
            caller: Name of the caller.
        """
        turns = self._turns.get(caller)
        if turns is None:
            turns = self._turns[caller] = _Turns(asyncio.Semaphore(self._at_once))
        turns.users += 1
        try:
            async with turns.free:
                yield
        finally:
            turns.users -= 1
            if not turns.users:
                del self._turns[caller]
