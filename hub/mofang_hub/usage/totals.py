"""Sum what was reserved, in whole numbers, so that parts add up to the whole. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from mofang_hub.usage.intervals import HOUR, Interval, WorkloadType

_MILLI = 1000
_GIB = 1024**3

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """How long pods of one size were there: of one person, on one day or hour."""

    period: int
    """Number of the day or hour since 1970."""

    project: str
    owner: str
    workload_type: WorkloadType
    gpu_model: str
    cpu_millicores: int
    memory_bytes: int
    gpus: int
    seconds: int
    """Of all of these pods together."""


@dataclass(slots=True)
class Totals:
    """Amounts times seconds."""

    cpu_millicore_seconds: int = 0
    memory_byte_seconds: int = 0
    gpu_seconds: dict[str, int] = field(default_factory=dict)
    """By model."""

    def add(self, record: UsageRecord) -> None:
        """Add what a record says."""
        seconds = record.seconds
        self.cpu_millicore_seconds += record.cpu_millicores * seconds
        self.memory_byte_seconds += record.memory_bytes * seconds
        if record.gpus:
            model = record.gpu_model
            added = record.gpus * seconds
            self.gpu_seconds[model] = self.gpu_seconds.get(model, 0) + added

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
    intervals: Iterable[Interval], start: int, end: int, seconds: int
) -> list[UsageRecord]:
    """Return the records of intervals, by periods of so many seconds.

    Args:
        intervals: Any number.
        start: The first second that counts.
        end: The second after the last one.
        seconds: Length of a period: an hour or a day.
    """
    sums: dict[UsageRecord, int] = {}
    for interval in intervals:
        clipped = interval.clip(start, end)
        if clipped is None:
            continue
        allocation = interval.allocation
        for part in clipped.split(seconds):
            group = UsageRecord(
                period=part.started // seconds,
                project=allocation.project,
                owner=allocation.owner,
                workload_type=allocation.workload_type,
                gpu_model=allocation.gpu_model,
                cpu_millicores=allocation.cpu_millicores,
                memory_bytes=allocation.memory_bytes,
                gpus=allocation.gpus,
                seconds=0,
            )
            sums[group] = sums.get(group, 0) + part.seconds
    return [replace(group, seconds=found) for group, found in sums.items()]
