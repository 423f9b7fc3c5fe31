"""Time that passes only when a test says so.

A test that shows that nothing happens sets the clock forward and lets what it tests
look once more; it never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_turn = asyncio.sleep
"""As it is before a test puts another in its place."""


class FakeClock:
    """Steady seconds, which are its value when it is called.

    ``sleep`` and ``sleep_async`` take the places of ``time.sleep`` and
    ``asyncio.sleep``: they take no time, and set the clock forward.
    """

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds
        self.pauses: list[float] = []
        self.when_paused: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let seconds pass."""
        self.seconds += seconds

    def sleep(self, seconds: float) -> None:
        """Note a pause, which is over at once."""
        self.pauses.append(seconds)
        self.advance(seconds)
        self.when_paused()

    async def sleep_async(self, seconds: float) -> None:
        """Note a pause; others have their turn, and it is over."""
        self.sleep(seconds)
        await _turn(0)
