"""The steps of a start, for any number of pages that follow it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sentence of a start."""

    percent: int
    message: str
    detail: str = ""
    """Kubernetes' own words, for those who want them."""

    def event(self) -> dict[str, Any]:
        """As JupyterHub's progress stream carries it."""
        found: dict[str, Any] = {"progress": self.percent, "message": self.message}
        if self.detail:
            found["detail"] = self.detail
        return found


class StartLog:
    """The steps of one start; any number of pages may follow it."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._changed = asyncio.Event()
        self._ended = False

    def emit(self, percent: int, message: str, detail: str = "") -> None:
        """Add a step unless it equals the last one; percentages never fall.

        Args:
            percent: From 0 to 100.
            message: For the person.
            detail: Shown below the message.
        """
        last = self._steps[-1] if self._steps else Step(percent=0, message="")
        if last.message == message and last.detail == detail:
            return
        percent = max(percent, last.percent)
        self._steps.append(Step(percent=percent, message=message, detail=detail))
        self._wake()

    @property
    def percent(self) -> int:
        """How far the start has come."""
        return self._steps[-1].percent if self._steps else 0

    def end(self) -> None:
        """Emit nothing more."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self) -> AsyncIterator[Step]:
        """Every step from the first, then each new one until the end."""
        seen = 0
        while True:
            changed = self._changed
            while seen < len(self._steps):
                yield self._steps[seen]
                seen += 1
            if self._ended:
                return
            await changed.wait()
