"""The steps of a start, for any number of pages that follow it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sentence of a start."""

    percent: int
    message: str
    detail: str = ""
    """Kubernetes' own words, for those who want them."""
    is_queued: bool = False
    """Whether the start waits for what others hold."""

    def event(self) -> dict[str, Any]:
        """As JupyterHub's progress stream carries it."""
        found: dict[str, Any] = {"progress": self.percent, "message": self.message}
        if self.detail:
            found["detail"] = self.detail
        if self.is_queued:
            found["queued"] = True
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
        self._add(Step(percent=percent, message=message, detail=detail))

    def emit_queued(self, percent: int, message: str, detail: str = "") -> None:
        """Say what the start waits for, instead of what was said of that before.

        Args:
            percent: From 0 to 100.
            message: For the person.
            detail: Shown below the message.
        """
        self._add(Step(percent=percent, message=message, detail=detail, is_queued=True))

    @property
    def queued_message(self) -> str:
        """What the start waits for; empty while it does not wait for others."""
        last = self._steps[-1] if self._steps else None
        return last.message if last and last.is_queued and not self._ended else ""

    def _add(self, step: Step) -> None:
        last = self._steps[-1] if self._steps else Step(percent=0, message="")
        step = replace(step, percent=max(step.percent, last.percent))
        if step == replace(last, percent=step.percent):
            return
        if step.is_queued and last.is_queued:
            # Somebody may wait for hours, and those before them change all the time.
            self._steps[-1] = step
        else:
            self._steps.append(step)
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
        count, last = 0, None
        while True:
            changed = self._changed
            if count and self._steps[count - 1] is not last:
                # It was replaced meanwhile.
                count -= 1
            while count < len(self._steps):
                last = self._steps[count]
                count += 1
                yield last
            if self._ended:
                return
            await changed.wait()
