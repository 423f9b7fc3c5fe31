"""What a pod reserves, and from when to when. Pure.

Times are whole seconds since 1970 in UTC, as Kubernetes writes them. An interval has
its first second, and not that of its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

DAY = 86_400
"""Seconds."""

HOUR = 3600


class WorkloadType(StrEnum):
    """What a pod is part of."""

    SERVER = "server"
    JOB = "job"


class EndSource(StrEnum):
    """From where the end of an interval is known."""

    STATUS = "status"
    """The pod's status: when its containers had ended."""

    DELETION = "deletion"
    """The pod was deleted at that time, and reported no end of its containers."""

    RESIZE = "resize"
    """The pod ran on with other requests."""

    LAST_OBSERVED = "last-observed"
    """It was there at that time and was gone at the next look: it may have ended
    later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What one pod reserves of its node, and for whom."""

    pod_uid: str
    project: str
    owner: str
    """The person's slug."""

    workload_type: WorkloadType
    workload: str
    """Name of the server's pod, or the job's id."""

    replica: str = ""
    """Role and index, of a job."""

    environment: str = ""
    """Of a server."""

    framework: str = ""
    """Of a job."""

    node: str = ""
    gpu_model: str = ""
    """As the node's label has it; empty without GPUs, or where no label says it."""

    cpu_millicores: int = 0
    memory_bytes: int = 0
    gpus: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInterval:
    """An allocation that goes on."""

    allocation: Allocation
    started: int

    def until(self, now: int) -> Interval:
        """Return the interval as it is at a time; empty before it started."""
        return self.closed(now, EndSource.LAST_OBSERVED)

    def closed(self, ended: int, source: EndSource) -> Interval:
        """Return the interval with its end.

        Args:
            ended: When; what is before the start counts as the start.
            source: From where that is known.
        """
        return Interval(
            allocation=self.allocation,
            started=self.started,
            ended=max(self.started, ended),
            end_source=source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An allocation from when to when."""

    allocation: Allocation
    started: int
    ended: int
    end_source: EndSource

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it starts.

        Raises:
            ValueError: It does.
        """
        if self.ended < self.started:
            raise ValueError(f"{self.ended} is before {self.started}")

    @property
    def seconds(self) -> int:
        """How long it lasted."""
        return self.ended - self.started

    @property
    def day(self) -> int:
        """Number of the day on which it started, since 1970."""
        return self.started // DAY

    def clip(self, start: int, end: int) -> Self | None:
        """Return what of it is in a time; None if nothing is.

        Args:
            start: The first second.
            end: The second after the last.
        """
        started, ended = max(self.started, start), min(self.ended, end)
        if ended <= started:
            return None
        return replace(self, started=started, ended=ended)

    def split(self, seconds: int = DAY) -> Iterator[Self]:
        """Yield its parts, cut at the multiples of so many seconds; one at least."""
        started = self.started
        while True:
            border = (started // seconds + 1) * seconds
            ended = min(border, self.ended)
            yield replace(self, started=started, ended=ended)
            if ended == self.ended:
                return
            started = border
