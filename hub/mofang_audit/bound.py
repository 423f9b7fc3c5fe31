"""How much of a day's audit log each caller fills. Pure.

No more is written in a day than a fixed size. Nobody uses it up for others, nor for
what they do later themselves: the events of one caller and one action are recorded in
full up to a fixed part of what is *left* of the size. So the more has been written, the
less each may still write, and whoever comes last has a part as well. Callers that are
not known have a quarter of the size, and none of the rest. What is above is counted, by
caller, action and outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PART = 256
"""Events of one caller and action get at most one part in so many of what is left."""

STRANGERS_PART = 4
"""Callers whom nobody knows get one part in so many of the size."""

MAX_STRANGERS = 1000
"""Of so many addresses are callers whom nobody knows told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """Events that share one part: who, from where if nobody knows who, what and how."""

    actor: str = ""
    actor_kind: str = ""
    address: str = ""
    forwarded_for: str = ""
    action: str = ""
    outcome: str = ""

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> EventKind:
        """Return the kind of an event, by the fields of its record."""
        what = {name: str(record.get(name, "")) for name in ("action", "outcome")}
        if actor := str(record.get("actor", "")):
            kind = str(record.get("actor_kind", "user"))
            return cls(actor=actor, actor_kind=kind, **what)
        # The gateway appends whom it was called by; the rest may be invented.
        forwarded = str(record.get("forwarded_for", "")).rpartition(",")[2].strip()
        address = str(record.get("address", ""))
        return cls(address=address, forwarded_for=forwarded, **what)

    def content(self) -> dict[str, str]:
        """Return the fields that say something, as an event has them."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in named.items() if value}


@dataclass(slots=True)
class LeftOut:
    """Events of one kind that were not recorded in full."""

    since: datetime
    count: int = 0


class DailyBound:
    """What was written today, and by whom.

    Args:
        max_bytes: Of a day.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._written = 0
        self._by_strangers = 0
        self._by_kind: dict[EventKind, int] = {}
        self._strangers: set[tuple[str, str]] = set()
        self._left_out: dict[EventKind, LeftOut] = {}

    def begin_day(self, written: int) -> None:
        """Forget the day before.

        Args:
            written: Bytes of today that are there already, of processes before.
        """
        self._written = written
        self._by_strangers = 0
        self._by_kind.clear()
        self._strangers.clear()

    @property
    def left(self) -> int:
        """Bytes that may still be written today."""
        return max(0, self._max_bytes - self._written)

    def admit(self, record: Mapping[str, Any], size: int, now: datetime) -> bool:
        """Say whether an event is recorded in full; if not, it is counted.

        Args:
            record: The event.
            size: Of its line, in bytes.
            now: The time.
        """
        kind = self._known(EventKind.of_record(record))
        filled = self._by_kind.get(kind, 0) + size
        if filled * PART <= self._left_for(kind):
            self._by_kind[kind] = filled
            self._written += size
            self._by_strangers += 0 if kind.actor else size
            return True
        found = self._left_out.setdefault(kind, LeftOut(now))
        found.count += 1
        return False

    def fits(self, size: int) -> bool:
        """Take room for a line that is no caller's; False where there is none."""
        if size > self.left:
            return False
        self._written += size
        return True

    def take_left_out(self) -> dict[EventKind, LeftOut]:
        """Return what was counted since the last time."""
        found, self._left_out = self._left_out, {}
        return found

    def _left_for(self, kind: EventKind) -> int:
        if kind.actor:
            return self.left
        bound = self._max_bytes // STRANGERS_PART - self._by_strangers
        return max(0, min(self.left, bound))

    def _known(self, kind: EventKind) -> EventKind:
        """Return the kind itself, or that of all strangers once there are too many."""
        stranger = (kind.address, kind.forwarded_for)
        if kind.actor or stranger in self._strangers:
            return kind
        if len(self._strangers) < MAX_STRANGERS:
            self._strangers.add(stranger)
            return kind
        return EventKind(action=kind.action, outcome=kind.outcome)
