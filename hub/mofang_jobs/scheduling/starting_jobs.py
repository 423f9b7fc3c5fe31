"""Which jobs are starting, and whose.

Containers that are made take a node's CPU from all that runs there, the platform's own
pods included; what already runs is held by its requests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.models import ObservedJob, ObservedPod, PodPhase

START_SECONDS = 60.0
"""How long a job counts at most: its owner's others do not wait for a large image."""

_COUNTED_FACTOR = 2.0
"""A job counts for so many times as long as its pods took to run: programs are loading
then, and operators, proxies and network policies follow."""

_MAKING = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons of a waiting container that is about to run; not ``ImagePullBackOff``."""


class StartingJobs:
    """Remembers since when jobs are admitted.

    A fresh process takes all jobs for new, of which those that run do not count.

    Args:
        clock: Steady seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._admitted: dict[str, float] = {}
        self._until: dict[str, float] = {}
        self._owners: dict[str, str] = {}

    def observe(
        self, jobs: Iterable[ObservedJob], pods: Mapping[str, Sequence[ObservedPod]]
    ) -> None:
        """Take in all admitted jobs.

        Args:
            jobs: Those of all projects.
            pods: Those of each, by the job's uid.
        """
        now = self._clock()
        admitted, until = self._admitted, self._until
        self._admitted, self._until, self._owners = {}, {}, {}
        for job in jobs:
            since = self._admitted[job.uid] = admitted.get(job.uid, now)
            end = until.get(job.uid, since + START_SECONDS)
            if now < end and not _is_starting(job, pods[job.uid]):
                took = now - since
                end = min(end, since + _COUNTED_FACTOR * took)
            self._until[job.uid] = end
            if now < end:
                self._owners[job.uid] = job.owner

    @property
    def seconds_left(self) -> float | None:
        """Seconds until one of them is taken to have started; None without any."""
        if not self._owners:
            return None
        ends = (self._until.get(uid, math.inf) for uid in self._owners)
        return max(min(ends) - self._clock(), 0.0)

    def counts(self) -> Counter[str]:
        """Return how many jobs of each owner are starting."""
        return Counter(self._owners.values())

    def add(self, job: ObservedJob) -> None:
        """Count a job that is being admitted."""
        self._admitted[job.uid] = self._clock()
        self._owners[job.uid] = job.owner

    def remove(self, job: ObservedJob) -> None:
        """Forget a job whose admission failed."""
        self._admitted.pop(job.uid, None)
        self._owners.pop(job.uid, None)


def _is_starting(job: ObservedJob, pods: Sequence[ObservedPod]) -> bool:
    if any(pod.unschedulable and not pod.node for pod in pods):
        # It waits for nodes, and costs them nothing.
        return False
    begun = {(pod.role, pod.index) for pod in pods if not _will_begin(pod)}
    return len(begun) < sum(count for _, count in role_names(job.spec))


def _will_begin(pod: ObservedPod) -> bool:
    return pod.phase is PodPhase.PENDING and pod.waiting_reason in _MAKING
