"""What the queue remembers between two passes.

A fresh process starts without it, but for what stands in the conditions of jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.domain.capacity import NodeCapacity, fits
from mofang_jobs.domain.capacity_warnings import unschedulable
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.models import ObservedJob, ObservedPod
from mofang_jobs.domain.queue_decisions import UnschedulableJob
from mofang_jobs.domain.resource_requests import add, requests_gpu, resource_requests
from mofang_jobs.domain.termination_message import shortened
from mofang_kube.errors import KubernetesUnavailableError, MofangError

QUOTA_LAG_SECONDS = 2.0
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
        self._uncounted: dict[str, Counter[str]] = {}

    def observe(self, running: Mapping[str, Sequence[ObservedPod]]) -> None:
        """Take in the pods of all admitted jobs, by the job's uid.

        It is to be told of jobs in whose project nobody waits, too: who comes next
        would else find the pods of a job that has run for long still uncounted.
        """
        now = self._clock()
        self._uncounted = {}
        since: dict[str, float] = {}
        for uid, pods in running.items():
            fresh: Counter[str] = Counter()
            for pod in pods:
                since[pod.uid] = self._since.get(pod.uid, now)
                if now - since[pod.uid] < QUOTA_LAG_SECONDS and not pod.has_ended:
                    fresh[pod.role] += 1
            if fresh:
                self._uncounted[uid] = fresh
        self._since = since

    @property
    def has_uncounted(self) -> bool:
        """Whether some pods have just been made."""
        return bool(self._uncounted)

    def missing(
        self, jobs: Iterable[ObservedJob], pods: Mapping[str, Sequence[ObservedPod]]
    ) -> dict[str, Decimal]:
        """Return what replicas will take whose pods are not made yet."""
        total: dict[str, Decimal] = {}
        for job in jobs:
            there = Counter(
                role for role, _ in {(p.role, p.index) for p in pods.get(job.uid, ())}
            )
            missing = {
                role: count - there[role]
                for role, count in role_names(job.spec)
                if count > there[role]
            }
            if missing:
                add(total, resource_requests(job.spec, missing, disks=job.disks))
        return total

    def uncounted(self, jobs: Iterable[ObservedJob]) -> dict[str, Decimal]:
        """Return what pods take that the quota may count or not."""
        total: dict[str, Decimal] = {}
        for job in jobs:
            if job.uid in self._uncounted:
                add(
                    total,
                    resource_requests(
                        job.spec,
                        self._uncounted[job.uid],
                        disks=job.disks,
                    ),
                )
        return total


_NO_NODES = "No node was found for any of its pods."

HOLD_SECONDS = 1800.0
"""Stop reserving nodes for a job after this time: if no node was freed by then, the job
is not waiting for capacity."""


NOTE_SECONDS = 30.0
"""For how long a job must have found no nodes until that is written on its object: many
do for a moment."""


class UnschedulableTracker:
    """Remembers since when jobs find no nodes.

    A process that has not seen it begin takes it from the job's object.

    Args:
        pool_of: Returns the name of a project's pool.
        conditions: Where it is kept since when a job finds no nodes.
        starvation_timeout: How long a job may be passed by others.
        now: The time.
        clock: Steady seconds.
    """

    def __init__(
        self,
        pool_of: Callable[[str], str],
        conditions: JobConditions,
        *,
        starvation_timeout: timedelta,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._pool_of = pool_of
        self._conditions = conditions
        self._now = now
        self._starvation_timeout = starvation_timeout.total_seconds()
        self._clock = clock
        self._begun: dict[str, float] = {}

    def find(
        self,
        jobs: Iterable[ObservedJob],
        pods: Mapping[str, Sequence[ObservedPod]],
        nodes: Sequence[NodeCapacity],
    ) -> list[UnschedulableJob]:
        """Return those of all running jobs for whose nodes later ones must wait.

        Args:
            jobs: All that were admitted.
            pods: Those of each, by the job's uid.
            nodes: All of the cluster.
        """
        self._begun = {uid: at for uid, at in self._begun.items() if uid in pods}
        candidates = [each for each in jobs if self._waits_long(each, pods[each.uid])]
        found = ((each, self._pool_of(each.project)) for each in candidates)
        return [
            UnschedulableJob(
                job=each.id,
                project=each.project,
                rank=each.spec.priority.rank,
                requests_gpu=requests_gpu(each.spec),
                pool=pool,
            )
            for each, pool in found
            if fits(each.spec, pool, nodes, each.disks)
        ]

    def _waits_long(self, job: ObservedJob, pods: Sequence[ObservedPod]) -> bool:
        if any(pod.node for pod in pods):
            self._begun.pop(job.uid, None)
            self._conditions.clear(job, ConditionType.UNSCHEDULABLE)
            return False
        # Without such a pod it is not nodes that the job waits for.
        if not any(pod.unschedulable for pod in pods):
            return False
        now = self._clock()
        if job.uid not in self._begun:
            self._begun[job.uid] = now - self._waited_before(job)
        waited = now - self._begun[job.uid]
        if waited >= NOTE_SECONDS:
            self._conditions.set(
                job,
                ConditionType.UNSCHEDULABLE,
                _NO_NODES,
                since=self._now() - timedelta(seconds=waited),
            )
        return (
            self._starvation_timeout <= waited < self._starvation_timeout + HOLD_SECONDS
        )

    def _waited_before(self, job: ObservedJob) -> float:
        """Return for how many seconds a job is known to have found no nodes."""
        known = self._conditions.find(job, ConditionType.UNSCHEDULABLE)
        # A clock that was set must not make it negative.
        return max((self._now() - known.since).total_seconds(), 0.0) if known else 0.0


class SchedulableNodes:
    """Judges each waiting job by the nodes once, and anew when they change.

    Args:
        admit_unschedulable: Whether jobs are admitted that no node could take.
    """

    def __init__(self, *, admit_unschedulable: bool) -> None:
        self._admits = admit_unschedulable
        self._messages: dict[tuple[str, str], str | None] = {}
        self.node_classes: list[NodeCapacity] = []
        """One of each kind of node."""

    def observe(self, node_classes: list[NodeCapacity]) -> None:
        """Take in what kinds of nodes the cluster has."""
        if node_classes != self.node_classes:
            self.node_classes = node_classes
            self._messages.clear()

    def unschedulable(self, job: ObservedJob, pool: str) -> str | None:
        """Return why a job is not admitted; None if the nodes are not in its way."""
        if self._admits:
            return None
        key = job.uid, pool
        if key not in self._messages:
            self._messages[key] = unschedulable(
                job.spec, pool, self.node_classes, job.disks
            )
        return self._messages[key]

    def retain(self, uids: Collection[str]) -> None:
        """Forget all other jobs."""
        gone = [key for key in self._messages if key[0] not in uids]
        for key in gone:
            del self._messages[key]


RETRY_SECONDS = 15.0
"""How long after a refusal a job is not tried again: most of them last until somebody
does something about them."""

_UNKNOWN = "the training service failed; see its log."


@dataclass(frozen=True, slots=True, kw_only=True)
class _AdmissionFailure:
    message: str
    until: float


class AdmissionFailures:
    """The last refusal of each waiting job.

    Args:
        clock: Steady seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: dict[str, _AdmissionFailure] = {}

    def record(self, uid: str, error: Exception) -> None:
        """Remember why a job was refused.

        Who did not reach Kubernetes was not refused and may be tried again at once.
        """
        cause = shortened(error.message) if isinstance(error, MofangError) else _UNKNOWN
        is_away = isinstance(error, KubernetesUnavailableError)
        self._last[uid] = _AdmissionFailure(
            message=(
                f"It could not be admitted yet: {cause} It is retried automatically. "
                "If this persists, show it to an administrator."
            ),
            until=self._clock() + (0 if is_away else RETRY_SECONDS),
        )

    def message(self, uid: str) -> str | None:
        """Return why a job was refused when it was last tried; None if it was not."""
        found = self._last.get(uid)
        return found.message if found else None

    def standing(self) -> dict[str, str]:
        """Return the sentences of jobs, by uid, that are not tried again yet."""
        now = self._clock()
        return {
            uid: each.message for uid, each in self._last.items() if now < each.until
        }

    def forget(self, uid: str) -> None:
        """Forget a job that was admitted."""
        self._last.pop(uid, None)

    def retain(self, uids: Collection[str]) -> None:
        """Forget all other jobs."""
        self._last = {uid: each for uid, each in self._last.items() if uid in uids}
