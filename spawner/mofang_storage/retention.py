"""Which snapshots are due, and which are kept no longer. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mofang_storage.base import Snapshot
from mofang_storage.snapshot_names import SnapshotReason, reason_of, snapshot_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRetention:
    """How many snapshots are kept; 0 makes none."""

    hourly: int = 24
    daily: int = 14
    requested: int = 5
    """Of one directory, before something that somebody may want to undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPlan:
    """What to do now."""

    make: tuple[str, ...]
    remove: tuple[str, ...]


def plan_snapshots(
    found: Iterable[Snapshot], retention: SnapshotRetention, now: datetime
) -> SnapshotPlan:
    """Plan for one directory.

    A snapshot is due when there is none of its kind of this hour or day. One
    that a program which was away did not take is not taken afterwards. Of the former
    ones as many stay as are kept, however old they are: a holiday loses none.

    Args:
        found: Snapshots that were made of the directory itself.
        retention: How many are kept.
        now: The time.
    """
    own = [each for each in found if each.own]
    make: list[str] = []
    remove: list[str] = []
    for reason, kept in (
        (SnapshotReason.HOURLY, retention.hourly),
        (SnapshotReason.DAILY, retention.daily),
        (SnapshotReason.REQUESTED, retention.requested),
    ):
        known = sorted(
            (each for each in own if reason_of(each.name) is reason),
            # Those of a clock that was wrong are the first to go.
            key=lambda each: (each.taken <= now, each.taken),
            reverse=True,
        )
        is_due = kept > 0 and _is_due(reason, known, now)
        if is_due:
            make.append(snapshot_name(reason, now))
        remove += [each.name for each in known[max(kept - is_due, 0) :]]
    return SnapshotPlan(make=tuple(make), remove=tuple(remove))


def _is_due(reason: SnapshotReason, known: list[Snapshot], now: datetime) -> bool:
    if reason is SnapshotReason.REQUESTED:
        return False
    period = timedelta(hours=1) if reason is SnapshotReason.HOURLY else timedelta(1)
    current = _period(now, period)
    return current not in {_period(each.taken, period) for each in known}


def _period(time: datetime, length: timedelta) -> int:
    return int((time - datetime.fromtimestamp(0, tz=UTC)) / length)
