"""What the restart controller remembers between two passes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from mofang_jobs.domain.models import ObservedJob, ObservedPod
from mofang_jobs.domain.restart_rules import lost_after
from mofang_jobs.domain.status import root_cause_pod


class LostNodes:
    """Remembers since when each node is lost.

    What the cluster writes down is told by the clock of another node, which may be
    wrong by more than the time that is waited.

    Args:
        lost: The nodes that do not answer now.
        total: How many nodes there are; asked while some are lost.
        clock: Steady seconds.
    """

    def __init__(
        self,
        lost: Callable[[], set[str]],
        *,
        total: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lost = lost
        self._total = total
        self._clock = clock
        self._since: dict[str, float] = {}

    def durations(self) -> Mapping[str, timedelta]:
        """Return the nodes that are lost, and for how long we have known."""
        now, lost = self._clock(), self._lost()
        self._since = {name: self._since.get(name, now) for name in lost}
        return {
            name: timedelta(seconds=now - since) for name, since in self._since.items()
        }

    def required(self) -> timedelta:
        """Return for how long a node must be lost until its jobs are restarted."""
        return lost_after(len(self._since), self._total())

    def until_due(self) -> float:
        """Return in how many seconds the next node is lost for long enough.

        That is infinite while none is going to be.
        """
        required = self.required()
        left = (required - each for each in self.durations().values())
        due = (each.total_seconds() for each in left if each > timedelta())
        return min(due, default=math.inf)


GRACE_SECONDS = 10.0


class StatusGracePeriod:
    """Remembers since when jobs have failed without a failed pod.

    Jobs and pods come by two watches, and the job's failure may be told first: then
    a script that failed would look like containers that were removed.

    Args:
        seconds: How long to wait for a failed pod.
        clock: Steady seconds.
    """

    def __init__(
        self,
        seconds: float = GRACE_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._since: dict[str, float] = {}

    def has_passed(self, job: ObservedJob, pods: Sequence[ObservedPod]) -> bool:
        """Say whether it is known why a job failed, or will not become known."""
        if root_cause_pod(job, pods):
            return True
        now = self._clock()
        return now - self._since.setdefault(job.uid, now) >= self.seconds

    def retain(self, uids: Collection[str]) -> None:
        """Forget all jobs but these."""
        for uid in self._since.keys() - set(uids):
            del self._since[uid]
