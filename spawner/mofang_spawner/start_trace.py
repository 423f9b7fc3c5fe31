"""Where the time of a start goes, phase by phase.

What follows has metrics of its own: the route (``mofang_route_live_seconds``), and all
of it as the hub sees it (``jupyterhub_server_spawn_duration_seconds``).
"""

import time
from collections.abc import Callable
from enum import StrEnum

from prometheus_client import Histogram

START_PHASE_SECONDS = Histogram(
    "mofang_server_start_seconds",
    "Time that a phase of a server's start took, of starts that reached its end",
    ["phase"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)


class Phase(StrEnum):
    """The phases of a start, in order; each begins where the last one ended."""

    OBJECTS = "objects"
    """Pod, Secret and Service are written."""
    SCHEDULING = "scheduling"
    """The pod has a node."""
    CONTAINERS = "containers"
    """Image, volumes and init containers; the server's container runs."""
    SERVER = "server"
    """The server answers."""


for _phase in Phase:
    START_PHASE_SECONDS.labels(_phase.value)


class StartTrace:
    """The phases of one start, from the moment it is made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.seconds: dict[Phase, float] = {}
        """What each phase took that is over."""

    def end(self, phase: Phase) -> None:
        """Note the end of a phase; what is told of it later does not count."""
        if phase in self.seconds:
            return
        now = self._clock()
        self.seconds[phase], self._last = now - self._last, now
        START_PHASE_SECONDS.labels(phase.value).observe(self.seconds[phase])

    @property
    def total(self) -> float:
        """What all phases took that are over, in seconds."""
        return sum(self.seconds.values())

    def text(self) -> str:
        """Return the phases that are over, in order."""
        parts = (f"{phase} {took:.2f} s" for phase, took in self.seconds.items())
        return "Time taken: " + ", ".join(parts) + "."
