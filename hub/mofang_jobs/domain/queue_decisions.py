"""The order of waiting jobs and who of them is let in. Pure.

A job is let in when all its replicas fit into what its project's quota leaves, so that
no gang is made in part. Who waits longer goes first among equals; a smaller job may
pass a bigger one that does not fit yet, until that one has waited for ``patience``:
from then on nothing of its project passes it, or it might wait for ever. That is so for
who lacks quota that others have, and for nobody else: whoever waits for machines holds
only those who would take the same, and who asks for more than the quota or than any
node has holds nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from mofang_jobs.domain.resource_requests import Amounts, add, shortfall

_SETTLING = (
    "Other jobs of the project have just started, and what they use is being counted. "
    "It is decided within seconds."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job that waits to be let in."""

    job: str
    rank: int
    """Of its priority; the greater goes first."""

    submitted: datetime
    demand: Amounts
    asks_gpu: bool
    pool: str = ""
    unschedulable: str | None = None
    """Why no node could take its pods, even if nothing else ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A job that was let in long ago and for which no machines were found yet."""

    job: str
    rank: int
    asks_gpu: bool
    pool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A project's quota."""

    hard: Amounts
    used: Amounts
    """By everything that runs or was let in."""

    settling: Amounts = field(default_factory=dict)
    """By pods so new that it is not known whether ``used`` has them already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one waiting job."""

    position: int
    """1 for the next."""

    reason: str | None
    """Why it waits on; None if it is let in."""


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return waiting jobs, the next one first."""
    return sorted(waiting, key=lambda each: (-each.rank, each.submitted, each.job))


def judge(
    waiting: Iterable[Waiting],
    room: Room,
    *,
    stuck: Iterable[Stuck] = (),
    refused: Mapping[str, str] = MappingProxyType({}),
    now: datetime,
    patience: timedelta,
) -> dict[str, Verdict]:
    """Say of each of a project's waiting jobs whether it is let in now.

    Args:
        waiting: The project's.
        room: What the project's quota leaves.
        stuck: Jobs of all projects that have found no machines for long.
        refused: Sentences of jobs that could not be let in; they take nothing.
        now: The time.
        patience: How long a job may be passed by smaller ones.
    """
    used = dict(room.used)
    verdicts: dict[str, Verdict] = {}
    held_by: Waiting | None = None
    long_stuck = list(stuck)
    still = 0
    for each in in_order(waiting):
        left = replace(room, used=used)
        reason = _reason(each, left, held_by, long_stuck) or refused.get(each.job)
        if reason is None:
            add(used, each.demand)
        else:
            still += 1
            has_waited = now - each.submitted >= patience
            if held_by is None and has_waited and _waits_for_quota(each, left):
                held_by = each
        verdicts[each.job] = Verdict(position=max(still, 1), reason=reason)
    return verdicts


def _waits_for_quota(each: Waiting, room: Room) -> bool:
    """Say whether what a job lacks is quota, and others could give it back."""
    return not _never(each, room) and bool(_shortfall_at_most(each, room))


def _reason(
    each: Waiting, room: Room, held_by: Waiting | None, stuck: list[Stuck]
) -> str | None:
    reason = _never(each, room) or _not_now(each, room)
    if reason:
        return reason
    if held_by is not None:
        return f"{held_by.job} has waited longest and goes first."
    ahead = next((one for one in stuck if _competes(one, each)), None)
    if ahead is not None:
        return (
            f"{ahead.job} has waited long for machines of the same kind and goes first."
        )
    return None


def _never(each: Waiting, room: Room) -> str | None:
    """Return what is in a job's way even if nothing else ran."""
    parts = shortfall(each.demand, room.hard, {})
    if parts:
        return (
            f"The project's quota is too small for it: it asks for {'; '.join(parts)} "
            "when nothing else runs. Cancel it and ask for less, or have an "
            "administrator raise the quota."
        )
    return each.unschedulable


def _not_now(each: Waiting, room: Room) -> str | None:
    """Return how the quota is in a job's way now."""
    parts = shortfall(each.demand, room.hard, room.used)
    if parts:
        return (
            f"The project's quota leaves no room: it asks for {'; '.join(parts)}. It "
            "starts when other jobs or servers of the project end."
        )
    return _SETTLING if _shortfall_at_most(each, room) else None


def _competes(stuck: Stuck, each: Waiting) -> bool:
    same = stuck.asks_gpu == each.asks_gpu and stuck.pool == each.pool
    return same and stuck.job != each.job and each.rank <= stuck.rank


def _shortfall_at_most(each: Waiting, room: Room) -> list[str]:
    used = dict(room.used)
    add(used, room.settling)
    return shortfall(each.demand, room.hard, used)
