"""The order of pending jobs, and which of them are admitted. Pure.

A job is admitted when all its replicas fit into what its project's quota leaves, so
that no gang is created in part. Among equal priorities the job submitted first is
admitted first; a smaller job may be admitted before a larger one that does not fit yet.
After ``starvation_timeout`` no other job of the project is admitted before it. This
applies only to jobs blocked by quota that others use. A job blocked by missing nodes
delays only jobs of its own project that need the same kind of node, and a job that asks
for more than the quota or than any node has delays nobody. No job delays one of another
project: whoever could, could stop them all by a job that never finds its nodes.
Of one owner, a few jobs start at a time; those of others pass the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from mofang_jobs.domain.resource_requests import Amounts, add, shortfall

_QUOTA_LAG = (
    "Other jobs of the project have just started, and their use of the quota is being "
    "counted. It is decided within seconds."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingJob:
    """A job that is not admitted yet."""

    job: str
    owner: str = ""
    rank: int
    """Of its priority; the greater goes first."""

    submitted: datetime
    requests: Amounts
    requests_gpu: bool
    pool: str = ""
    unschedulable: str | None = None
    """Why no node could take its pods, even if nothing else ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnschedulableJob:
    """A job admitted long ago whose pods are still unscheduled."""

    job: str
    project: str
    rank: int
    requests_gpu: bool
    pool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUsage:
    """A project's quota, and how much of it is used."""

    hard: Amounts
    used: Amounts
    """By everything that runs or was admitted."""

    uncounted: Amounts = field(default_factory=dict)
    """By pods so new that it is not known whether ``used`` has them already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """How many jobs are starting, in all projects."""

    per_owner: int
    """How many of one owner may."""

    starting: Mapping[str, int] = field(default_factory=dict)
    """How many of each owner are, by name."""


class PendingState(StrEnum):
    """What a pending job waits for. Members are values of a metric's label."""

    QUEUED = "queued"
    """For quota that others use, for jobs that are starting, or for its turn."""

    UNSCHEDULABLE = "unschedulable"
    """For a larger quota or other nodes: it could not run if nothing else did."""

    REFUSED = "refused"
    """For another try: its admission failed."""

    BLOCKED = "blocked"
    """For an administrator: its project's queue cannot be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionDecision:
    """Whether one pending job is admitted now."""

    position: int
    """1 for the next."""

    reason: str | None
    """Why it waits on; None if it is admitted."""

    state: PendingState = PendingState.QUEUED
    """What it waits for, if it does."""


def in_admission_order(waiting: Iterable[PendingJob]) -> list[PendingJob]:
    """Return waiting jobs, the next one first."""
    return sorted(waiting, key=lambda each: (-each.rank, each.submitted, each.job))


def decide(
    waiting: Iterable[PendingJob],
    quota: QuotaUsage,
    *,
    project: str,
    starts: Starts,
    unscheduled: Iterable[UnschedulableJob] = (),
    refused: Mapping[str, str] = MappingProxyType({}),
    now: datetime,
    starvation_timeout: timedelta,
) -> dict[str, AdmissionDecision]:
    """Decide for each pending job of a project whether it is admitted now.

    Args:
        waiting: Pending jobs of one project.
        quota: What the project's quota leaves.
        project: Its name.
        starts: Jobs that are starting.
        unscheduled: Jobs that have been unschedulable for long; those of other
            projects delay nobody here.
        refused: Messages by id of jobs whose admission failed; they use no quota.
        now: The time.
        starvation_timeout: How long smaller jobs may be admitted before a larger one.
    """
    used = dict(quota.used)
    starting = Counter(starts.starting)
    decisions: dict[str, AdmissionDecision] = {}
    blocked_by: PendingJob | None = None
    long_unscheduled = [each for each in unscheduled if each.project == project]
    still = 0
    for each in in_admission_order(waiting):
        left = replace(quota, used=used)
        reason, state = _reason(each, left, blocked_by, long_unscheduled)
        if reason is None and each.job in refused:
            reason, state = refused[each.job], PendingState.REFUSED
        if reason is None and starting[each.owner] >= starts.per_owner:
            reason, state = _starts_later(each, starts.per_owner), PendingState.QUEUED
        if reason is None:
            add(used, each.requests)
            starting[each.owner] += 1
        else:
            still += 1
            has_waited = now - each.submitted >= starvation_timeout
            if blocked_by is None and has_waited and _waits_for_quota(each, left):
                blocked_by = each
        decisions[each.job] = AdmissionDecision(
            position=max(still, 1), reason=reason, state=state
        )
    return decisions


def _waits_for_quota(each: PendingJob, quota: QuotaUsage) -> bool:
    """Say whether what a job lacks is quota, and others could give it back."""
    return not _never(each, quota) and bool(_shortfall_at_most(each, quota))


def _reason(
    each: PendingJob,
    quota: QuotaUsage,
    blocked_by: PendingJob | None,
    unscheduled: list[UnschedulableJob],
) -> tuple[str | None, PendingState]:
    if reason := _never(each, quota):
        return reason, PendingState.UNSCHEDULABLE
    reason = _not_now(each, quota) or _behind(each, blocked_by, unscheduled)
    return reason, PendingState.QUEUED


def _starts_later(each: PendingJob, limit: int) -> str:
    return (
        f"{limit} {'job' if limit == 1 else 'jobs'} of {each.owner} are starting, and "
        "no more of one person start at a time. It is admitted when one of them runs."
    )


def _behind(
    each: PendingJob, blocked_by: PendingJob | None, unscheduled: list[UnschedulableJob]
) -> str | None:
    """Return which job goes first, although the quota has room for this one."""
    if blocked_by is not None:
        return f"{blocked_by.job} has been waiting longer and is admitted first."
    ahead = next((one for one in unscheduled if _competes(one, each)), None)
    if ahead is not None:
        return (
            f"{ahead.job} has been waiting for nodes of the same kind and is scheduled "
            "first."
        )
    return None


def _never(each: PendingJob, quota: QuotaUsage) -> str | None:
    """Return what is in a job's way even if nothing else ran."""
    parts = shortfall(each.requests, quota.hard, {})
    if parts:
        return (
            f"The project's quota is too small: the job asks for {'; '.join(parts)} "
            "when nothing else runs. Cancel it and ask for less, or have an "
            "administrator raise the quota."
        )
    return each.unschedulable


def _not_now(each: PendingJob, quota: QuotaUsage) -> str | None:
    """Return how the quota is in a job's way now."""
    parts = shortfall(each.requests, quota.hard, quota.used)
    if parts:
        return (
            f"The project's quota is exceeded: the job asks for {'; '.join(parts)}. It "
            "starts when other jobs or servers of the project end."
        )
    return _QUOTA_LAG if _shortfall_at_most(each, quota) else None


def _competes(unscheduled: UnschedulableJob, each: PendingJob) -> bool:
    same = (
        unscheduled.requests_gpu == each.requests_gpu and unscheduled.pool == each.pool
    )
    return same and unscheduled.job != each.job and each.rank <= unscheduled.rank


def _shortfall_at_most(each: PendingJob, quota: QuotaUsage) -> list[str]:
    used = dict(quota.used)
    add(used, quota.uncounted)
    return shortfall(each.requests, quota.hard, used)
