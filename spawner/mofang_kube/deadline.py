"""One time budget, passed down and never restarted."""

import asyncio
from types import TracebackType
from typing import Self


class Deadline:
    """A point on the running loop's clock."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._end - self._loop.time())

    @property
    def is_over(self) -> bool:
        return self.left == 0.0

    def partial(self, seconds: float) -> Self:
        """A budget of at most ``seconds`` inside this one."""
        return type(self)(min(seconds, self.left))


class PausableTimeout:
    """A timeout whose clock stands still while somebody waits for others.

    Args:
        seconds: What may pass while it runs.
        pause_seconds: What may pass while it stands still, all together.
    """

    def __init__(self, seconds: float, pause_seconds: float = 0.0) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = seconds
        self._pause_left = pause_seconds
        self._since = 0.0
        self.paused_seconds = 0.0
        """For how long it has stood still before it went on."""
        self.is_paused = False
        """Also tells, once it is over, which time has passed."""
        self._timeout: asyncio.Timeout

    async def __aenter__(self) -> Self:
        self._since = self._loop.time()
        self._timeout = asyncio.timeout(self._left)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._timeout.__aexit__(kind, error, trace)

    def pause(self) -> None:
        """Stop the clock, unless it is stopped or may not stand still any longer."""
        if self.is_paused or self._timeout.expired() or self._pause_left <= 0:
            return
        self._left -= self._loop.time() - self._since
        self._switch(is_paused=True, left=self._pause_left)

    def resume(self) -> None:
        """Let the clock run again, if it is stopped."""
        if not self.is_paused or self._timeout.expired():
            return
        paused = self._loop.time() - self._since
        self._pause_left -= paused
        self.paused_seconds += paused
        self._switch(is_paused=False, left=self._left)

    def _switch(self, *, is_paused: bool, left: float) -> None:
        self._since = self._loop.time()
        self.is_paused = is_paused
        self._timeout.reschedule(self._since + left)
