"""What admitted jobs take that the quota's own count may not have yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.models import JobSeen, PodSeen
from mofang_jobs.domain.resource_requests import add, demand_of

SETTLE_SECONDS = 2.0
"""How long after it was seen a pod is counted beside the quota's own count, which
another watch brings."""


class Reservations:
    """Remembers since when pods are there.

    Kubernetes counts a pod when it is created. Until all pods of an admitted job are
    made, nobody else keeps room for those that are missing.

    Args:
        clock: Steady seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._settling: dict[str, Counter[str]] = {}

    def look(self, running: Mapping[str, Sequence[PodSeen]]) -> None:
        """Take in the pods of all admitted jobs, by the job's uid.

        It is to be told of jobs in whose project nobody waits, too: who comes next
        would else find the pods of a job that has run for long still uncounted.
        """
        now = self._clock()
        self._settling = {}
        since: dict[str, float] = {}
        for uid, pods in running.items():
            fresh: Counter[str] = Counter()
            for pod in pods:
                since[pod.uid] = self._since.get(pod.uid, now)
                if now - since[pod.uid] < SETTLE_SECONDS and not pod.has_ended:
                    fresh[pod.role] += 1
            if fresh:
                self._settling[uid] = fresh
        self._since = since

    @property
    def is_settling(self) -> bool:
        """Whether some pods have just been made."""
        return bool(self._settling)

    def missing(
        self, jobs: Iterable[JobSeen], pods: Mapping[str, Sequence[PodSeen]]
    ) -> dict[str, Decimal]:
        """Return what replicas will take whose pods are not made yet."""
        total: dict[str, Decimal] = {}
        for seen in jobs:
            there = Counter(
                role for role, _ in {(p.role, p.index) for p in pods.get(seen.uid, ())}
            )
            missing = {
                role: count - there[role]
                for role, count in role_names(seen.spec)
                if count > there[role]
            }
            if missing:
                add(total, demand_of(seen.spec, missing))
        return total

    def settling(self, jobs: Iterable[JobSeen]) -> dict[str, Decimal]:
        """Return what pods take that the quota may count or not."""
        total: dict[str, Decimal] = {}
        for seen in jobs:
            if seen.uid in self._settling:
                add(total, demand_of(seen.spec, self._settling[seen.uid]))
        return total
