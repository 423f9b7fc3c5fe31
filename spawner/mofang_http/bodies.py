"""The bodies that a server is receiving: all together have a bound."""

from __future__ import annotations

from typing import Protocol


class Receiver(Protocol):
    """Receives one body."""

    def give_way(self) -> None:
        """Stop receiving, and say so to whoever sends."""


class BodiesInFlight:
    """Counts bytes of bodies; beyond the bound, who has been sending longest gives way.

    A body of an honest client comes within milliseconds, and is not the oldest one.

    Args:
        maximum: Bytes of all of them.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._sizes: dict[Receiver, int] = {}
        self.total = 0

    def add(self, receiver: Receiver, count: int) -> None:
        """Note that so many bytes more are kept of a body."""
        self._sizes[receiver] = self._sizes.get(receiver, 0) + count
        self.total += count
        while self.total > self._maximum:
            oldest = next(iter(self._sizes))
            self.remove(oldest)
            oldest.give_way()

    def remove(self, receiver: Receiver) -> None:
        """Note that a body is complete, or is not kept any more; once is enough."""
        self.total -= self._sizes.pop(receiver, 0)
