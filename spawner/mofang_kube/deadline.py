"""One time budget, passed down and never restarted."""

import asyncio
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
