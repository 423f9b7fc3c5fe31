"""For how long machines have not answered, by a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta


class Losses:
    """Remembers since when each machine is lost.

    What the cluster writes down is told by the clock of another machine, which may be
    wrong by more than the time that is waited.

    Args:
        lost: The machines that do not answer now.
        clock: Steady seconds.
    """

    def __init__(
        self,
        lost: Callable[[], set[str]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lost = lost
        self._clock = clock
        self._since: dict[str, float] = {}

    def look(self) -> Mapping[str, timedelta]:
        """Return the machines that are lost, and for how long we have known."""
        now, lost = self._clock(), self._lost()
        self._since = {name: self._since.get(name, now) for name in lost}
        return {
            name: timedelta(seconds=now - since) for name, since in self._since.items()
        }
