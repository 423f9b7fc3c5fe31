"""Admit pending jobs, one project at a time, whenever something has changed.

What is decided here is a patch of the job's object each, and so is what a fresh process
would miss of what is remembered: since when a job finds no nodes, and why it could not
be admitted.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from mofang_api.models import QueuePosition
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.service_metrics import PendingCounts, ServiceMetrics
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.models import ObservedJob, ObservedPod
from mofang_jobs.domain.queue_decisions import (
    AdmissionDecision,
    PendingJob,
    PendingState,
    QuotaUsage,
    Starts,
    UnschedulableJob,
    decide,
)
from mofang_jobs.domain.resource_requests import add, requests_gpu, resource_requests
from mofang_jobs.scheduling.admitter import Admitter
from mofang_jobs.scheduling.queue_state import (
    QUOTA_LAG_SECONDS,
    AdmissionFailures,
    Reservations,
    SchedulableNodes,
    UnschedulableTracker,
)
from mofang_jobs.scheduling.starting_jobs import StartingJobs
from mofang_kube.clock import local_time
from mofang_kube.errors import ClusterError, KubernetesUnavailableError, MofangError
from mofang_kube.leader import Leads, always

log = structlog.get_logger(__name__)

POLL_SECONDS = 5.0
RETRY_SECONDS = 1.0
SECONDS_PER_JOB = 0.001
"""Pause after a decision for each pending job, more than ten times what it costs.

A burst of submissions would otherwise be slowed by a decision after each of them.
"""

LONGEST_PAUSE_SECONDS = 1.0
"""Between two decisions, however many jobs are pending."""

UPDATE_AFTER = timedelta(minutes=1)
"""How often it is written anew why a job could not be admitted, if that changes."""

_BROKEN = (
    "The project's queue is blocked: its quota or one of its jobs cannot be read. Show "
    "this to an administrator; details are in the log of the training service."
)


class ProjectPools(Protocol):
    """Where a project's pool is looked up."""

    async def ready(self) -> None:
        """Return once projects are known.

        Raises:
            KubernetesUnavailableError: Kubernetes did not answer in time.
        """

    def pool_of(self, project: str) -> str:
        """Return the name of the project's pool; empty for none."""


class JobQueue:
    """Decides when pending jobs are admitted.

    Args:
        cache: Jobs, pods and nodes as last observed.
        quotas: What projects may use.
        admitter: Admits jobs.
        pools: Projects' pools.
        conditions: Where it is kept what a restarted service must know.
        starvation_timeout: How long smaller jobs may be admitted before a larger one.
        starts_per_owner: How many jobs of one owner start at a time.
        admit_unschedulable: Whether jobs are admitted that no node could take.
        leads: Says whether this process acts; else it judges and admits nothing.
        metrics: Where admissions are counted.
        now: The time, as the cluster has it.
        clock: Steady seconds, by which what we saw ourselves is timed.
        retry_seconds: Time until projects are asked for again.
    """

    def __init__(
        self,
        cache: JobCache,
        quotas: Quotas,
        admitter: Admitter,
        pools: ProjectPools,
        conditions: JobConditions,
        *,
        starvation_timeout: timedelta,
        starts_per_owner: int,
        admit_unschedulable: bool = False,
        leads: Leads = always,
        metrics: ServiceMetrics | None = None,
        now: Callable[[], datetime] = local_time,
        clock: Callable[[], float] = time.monotonic,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._cache = cache
        self._quotas = quotas
        self._admitter = admitter
        self._pools = pools
        self._conditions = conditions
        self._starvation_timeout = starvation_timeout
        self._starts_per_owner = starts_per_owner
        self._leads = leads
        self._metrics = metrics or ServiceMetrics()
        self._now = now
        self._retry_seconds = retry_seconds
        self._decisions: dict[str, dict[str, AdmissionDecision]] = {}
        self.has_decided = asyncio.Event()
        """Set once it was decided on the jobs that were there at the start."""

        self._lengths: dict[str, int] = {}
        """How many jobs of each project wait on, by its decisions."""

        self._nodes = SchedulableNodes(admit_unschedulable=admit_unschedulable)
        self._unschedulable = UnschedulableTracker(
            pools.pool_of,
            conditions,
            starvation_timeout=starvation_timeout,
            now=now,
            clock=clock,
        )
        self._reservations = Reservations(clock)
        self._refusals = AdmissionFailures(clock)
        self._starting = StartingJobs(clock)
        self._pods: Mapping[str, Sequence[ObservedPod]] = {}

    def queue_position(
        self, job: ObservedJob
    ) -> tuple[QueuePosition | None, str | None]:
        """Return a waiting job's place and why it waits; None where unknown."""
        decisions = self._decisions.get(job.project, {})
        decision = decisions.get(job.id)
        if decision is None or not job.is_waiting:
            return None, None
        length = self._lengths.get(job.project, 0)
        queue_position = QueuePosition(
            position=decision.position, length=max(length, 1)
        )
        failure = self._conditions.message(job, ConditionType.ADMISSION_FAILED)
        return queue_position, decision.reason or failure

    def pending_counts(self) -> PendingCounts:
        """Return how many jobs of each project wait, by what for."""
        return Counter(
            (project, each.state.value)
            for project, decisions in self._decisions.items()
            for each in decisions.values()
            if each.reason
        )

    async def run(self) -> None:
        """Decide whenever something changes, until cancelled."""
        await self._cache.wait_for_sync()
        await self._cache.wait_for_nodes()
        await self._quotas.ready()
        await self._pools_known()
        with self._cache.subscribed(None) as subscription:
            follower = asyncio.create_task(self._wake_on_quota(subscription.wake))
            try:
                while True:
                    await self.decide()
                    pending = sum(map(len, self._decisions.values()))
                    pause = min(pending * SECONDS_PER_JOB, LONGEST_PAUSE_SECONDS)
                    await asyncio.sleep(pause)
                    await subscription.wait(self._seconds_to_next())
            finally:
                follower.cancel()
                await asyncio.gather(follower, return_exceptions=True)

    def _seconds_to_next(self) -> float:
        """Return after what time it is decided anew although nothing was observed."""
        seconds = POLL_SECONDS
        if self._reservations.has_uncounted:
            seconds = QUOTA_LAG_SECONDS
        left = self._starting.seconds_left
        return seconds if left is None else min(seconds, left)

    async def _pools_known(self) -> None:
        """Return once projects are known, however long that takes."""
        while True:
            try:
                await self._pools.ready()
            except ClusterError as err:
                log.warning("projects are not known yet", error=str(err))
                await asyncio.sleep(self._retry_seconds)
            else:
                return

    async def _wake_on_quota(self, wake: Callable[[], None]) -> None:
        async for _ in self._quotas.changes():
            wake()

    async def decide(self) -> None:
        """Decide once for all projects."""
        running: dict[str, list[ObservedJob]] = defaultdict(list)
        waiting: dict[str, list[ObservedJob]] = defaultdict(list)
        for job in self._cache.list_unfinished():
            (waiting if job.is_waiting else running)[job.project].append(job)
        admitted = [each for jobs in running.values() for each in jobs]
        self._pods = {each.uid: self._cache.pods_of(each) for each in admitted}
        self._reservations.observe(self._pods)
        self._starting.observe(admitted, self._pods)
        self._nodes.observe(self._cache.node_capacities)
        unscheduled = self._unschedulable.find(
            admitted, self._pods, self._nodes.node_classes
        )
        uids = {each.uid for jobs in waiting.values() for each in jobs}
        self._nodes.retain(uids)
        self._refusals.retain(uids)
        self._decisions = {
            project: decisions
            for project, decisions in self._decisions.items()
            if project in waiting
        }
        await asyncio.gather(
            *(
                self._decide_of(project, jobs, running[project], unscheduled)
                for project, jobs in waiting.items()
            )
        )
        self.has_decided.set()

    async def _decide_of(
        self,
        project: str,
        jobs: list[ObservedJob],
        running: list[ObservedJob],
        unscheduled: list[UnschedulableJob],
    ) -> None:
        # What breaks one project's queue is nothing to the others.
        try:
            await self._admit_ready(project, jobs, running, unscheduled)
        except Exception:
            log.exception("queue of a project broke", project=project)
            ordered = sorted(jobs, key=lambda each: each.created)
            broken = {
                each.id: AdmissionDecision(
                    position=number, reason=_BROKEN, state=PendingState.BLOCKED
                )
                for number, each in enumerate(ordered, 1)
            }
            self._keep(project, broken)

    def _keep(self, project: str, decisions: dict[str, AdmissionDecision]) -> None:
        self._decisions[project] = decisions
        self._lengths[project] = sum(1 for each in decisions.values() if each.reason)

    async def _admit_ready(
        self,
        project: str,
        jobs: list[ObservedJob],
        running: list[ObservedJob],
        unscheduled: list[UnschedulableJob],
    ) -> None:
        """Admit what fits; what a failed admission would have used is free again."""
        begun: dict[str, ObservedJob] = {}
        refused = self._refusals.standing()
        while True:
            left = [each for each in jobs if each.uid not in begun]
            taking = [*running, *begun.values()]
            decisions = self._decide_for(project, left, taking, unscheduled, refused)
            self._keep(project, decisions)
            ready = [each for each in left if decisions[each.id].reason is None]
            if not self._leads():
                return
            for each in ready:
                self._starting.add(each)
            errors = await asyncio.gather(*map(self._admit, ready))
            for each, error in zip(ready, errors, strict=True):
                if error is None:
                    begun[each.uid] = each
                else:
                    self._starting.remove(each)
                    refused[each.uid] = self._refusals.message(each.uid) or ""
            is_away = any(
                isinstance(error, KubernetesUnavailableError) for error in errors
            )
            if is_away or not any(errors):
                return

    def _decide_for(
        self,
        project: str,
        jobs: list[ObservedJob],
        running: list[ObservedJob],
        unscheduled: list[UnschedulableJob],
        refused: dict[str, str],
    ) -> dict[str, AdmissionDecision]:
        pool = self._pools.pool_of(project)
        used = self._quotas.used(project)
        add(used, self._reservations.missing(running, self._pods))
        return decide(
            [self._pending_job(each, pool) for each in jobs],
            QuotaUsage(
                hard=self._quotas.hard(project),
                used=used,
                uncounted=self._reservations.uncounted(running),
            ),
            project=project,
            starts=Starts(
                per_owner=self._starts_per_owner, starting=self._starting.counts()
            ),
            unscheduled=unscheduled,
            refused={
                each.id: refused[each.uid] for each in jobs if each.uid in refused
            },
            now=self._now(),
            starvation_timeout=self._starvation_timeout,
        )

    def _pending_job(self, job: ObservedJob, pool: str) -> PendingJob:
        return PendingJob(
            job=job.id,
            owner=job.owner,
            rank=job.spec.priority.rank,
            submitted=job.created,
            requests=resource_requests(job.spec, disks=job.disks),
            requests_gpu=requests_gpu(job.spec),
            pool=pool,
            unschedulable=self._nodes.unschedulable(job, pool),
        )

    async def _admit(self, job: ObservedJob) -> Exception | None:
        """Admit a job; return the error if that failed."""
        try:
            is_admitted = await self._admitter.admit(job)
        except Exception as err:
            # It stays pending, and a later pass tries again.
            if isinstance(err, MofangError):
                log.warning("job is not admitted", job=job.id, error=str(err))
            else:
                log.exception("admission of a job broke", job=job.id)
            self._refusals.record(job.uid, err)
            self._conditions.set(
                job,
                ConditionType.ADMISSION_FAILED,
                self._refusals.message(job.uid) or "",
                update_after=UPDATE_AFTER,
            )
            return err
        self._refusals.forget(job.uid)
        self._conditions.clear(job, ConditionType.ADMISSION_FAILED)
        if is_admitted:
            since = job.restarts[-1].at if job.restarts else job.created
            self._metrics.record_admission(self._now() - since)
            log.info("job admitted", project=job.project, job=job.id)
        return None
