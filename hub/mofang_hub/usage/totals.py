"""Sum what was reserved, in whole numbers, so that parts add up to the whole. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from mofang_hub.usage.intervals import DAY, HOUR, Interval, WorkloadType
from mofang_hub.usage.query import UsageKey, UsageQuery

_MILLI = 1000
_GIB = 1024**3

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """Amounts times seconds, summed over what is not kept apart."""

    project: str
    gpu_model: str = ""
    period: int | None = None
    """Number of the day or hour since 1970; None for all together."""

    owner: str = ""
    """Empty for all together."""

    workload_type: WorkloadType | None = None
    """None for all together."""

    cpu_millicore_seconds: int = 0
    memory_byte_seconds: int = 0
    gpu_seconds: int = 0


@dataclass(slots=True)
class Totals:
    """Amounts times seconds."""

    cpu_millicore_seconds: int = 0
    memory_byte_seconds: int = 0
    gpu_seconds: dict[str, int] = field(default_factory=dict)
    """By model."""

    def add(self, record: UsageRecord) -> None:
        """Add what a record says."""
        self.cpu_millicore_seconds += record.cpu_millicore_seconds
        self.memory_byte_seconds += record.memory_byte_seconds
        if record.gpu_seconds:
            before = self.gpu_seconds.get(record.gpu_model, 0)
            self.gpu_seconds[record.gpu_model] = before + record.gpu_seconds

    @property
    def cpu_hours(self) -> Decimal:
        """Cores times hours."""
        return Decimal(self.cpu_millicore_seconds) / (_MILLI * HOUR)

    @property
    def gib_hours(self) -> Decimal:
        """GiB of memory times hours."""
        return Decimal(self.memory_byte_seconds) / (_GIB * HOUR)

    @property
    def gpu_hours(self) -> Decimal:
        """GPUs of all models times hours."""
        return Decimal(sum(self.gpu_seconds.values())) / HOUR

    def gpu_hours_of(self, model: str) -> Decimal:
        """GPUs of one model times hours."""
        return Decimal(self.gpu_seconds.get(model, 0)) / HOUR


def sum_by(
    records: Iterable[UsageRecord], key: Callable[[UsageRecord], K]
) -> dict[K, Totals]:
    """Return the totals of each group.

    Args:
        records: Any number.
        key: Names a record's group.
    """
    found: dict[K, Totals] = {}
    for each in records:
        found.setdefault(key(each), Totals()).add(each)
    return found


def total(records: Iterable[UsageRecord]) -> Totals:
    """Return the totals of all."""
    whole = Totals()
    for each in records:
        whole.add(each)
    return whole


def records_of(
    intervals: Iterable[Interval],
    query: UsageQuery,
    *keys: UsageKey,
    seconds: int = DAY,
) -> list[UsageRecord]:
    """Return the records of intervals.

    Args:
        intervals: Any number.
        query: Which of them count, and how much of each.
        keys: What is kept apart.
        seconds: Length of a period: an hour or a day.
    """
    return [
        _record(part, keys, seconds)
        for each in intervals
        if query.includes(each.allocation.project, each.allocation.owner)
        and (clipped := each.clip(query.start, query.end))
        for part in (clipped.split(seconds) if UsageKey.PERIOD in keys else (clipped,))
    ]


def _record(part: Interval, keys: Collection[UsageKey], seconds: int) -> UsageRecord:
    allocation = part.allocation
    has_type = UsageKey.WORKLOAD_TYPE in keys
    return UsageRecord(
        project=allocation.project,
        gpu_model=allocation.gpu_model,
        period=part.started // seconds if UsageKey.PERIOD in keys else None,
        owner=allocation.owner if UsageKey.OWNER in keys else "",
        workload_type=allocation.workload_type if has_type else None,
        cpu_millicore_seconds=allocation.cpu_millicores * part.seconds,
        memory_byte_seconds=allocation.memory_bytes * part.seconds,
        gpu_seconds=allocation.gpus * part.seconds,
    )
