"""Which servers people have started of late, to guess which one they want next."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

KEPT_CHOICES = 20
"""Starts of one person that count, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyServer:
    """How often a person chose a server."""

    name: str
    share: float
    """Of their starts that count."""
    starts: int
    """All their starts that count."""


def _nobody(user: str, server: str) -> None:
    """Keep nothing."""


class StartChoices:
    """The newest starts of each person, by the name of the server.

    Attributes:
        on_add: Called with each start that is added, such as to keep it.
    """

    def __init__(self) -> None:
        self._servers: dict[str, deque[str]] = {}
        self.on_add: Callable[[str, str], None] = _nobody

    def load(self, starts: Iterable[tuple[str, str]]) -> None:
        """Take in what was kept: person and server, the oldest first."""
        for user, server in starts:
            self._keep(user, server)

    def add(self, user: str, server: str) -> None:
        """Note that somebody has started a server, or uses what was started ahead."""
        self._keep(user, server)
        self.on_add(user, server)

    def likely(self, user: str) -> list[LikelyServer]:
        """Return the servers of a person, the one that they chose most often first."""
        found = self._servers.get(user, ())
        return [
            LikelyServer(name=name, share=count / len(found), starts=len(found))
            for name, count in Counter(found).most_common()
        ]

    def _keep(self, user: str, server: str) -> None:
        self._servers.setdefault(user, deque(maxlen=KEPT_CHOICES)).append(server)
