"""How long starts of an environment usually take, from those that this hub has seen."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles

KEPT = 50
"""Starts of one environment that count, the newest."""

_LEAST = 3
"""Fewer starts say nothing that is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualStart:
    """What a start of an environment takes, in seconds."""

    median: float
    p90: float
    count: int
    """Starts that it is read from."""


def _nobody(environment: str, seconds: float) -> None:
    """Keep nothing."""


class StartHistory:
    """The newest starts of each environment, from the request to the first answer.

    Attributes:
        on_add: Called with each start that is added, such as to keep it.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}
        self.on_add: Callable[[str, float], None] = _nobody

    def load(self, starts: Iterable[tuple[str, float]]) -> None:
        """Take in what was kept: environment and seconds, the oldest first."""
        for environment, seconds in starts:
            self._keep(environment, seconds)

    def add(self, environment: str, seconds: float) -> None:
        """Note a start that has succeeded."""
        self._keep(environment, seconds)
        self.on_add(environment, seconds)

    def usual(self, environment: str) -> UsualStart | None:
        """Return what starts of an environment take; None after too few."""
        found = self._seconds.get(environment, ())
        if len(found) < _LEAST:
            return None
        return UsualStart(
            median=median(found),
            p90=quantiles(found, n=10, method="inclusive")[-1],
            count=len(found),
        )

    def _keep(self, environment: str, seconds: float) -> None:
        self._seconds.setdefault(environment, deque(maxlen=KEPT)).append(seconds)
