"""Watch running jobs for progress: tell of those that hang, or restart them (H1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from mofang_api.models import HangPolicy, RestartRecord
from mofang_api.quantities import parse_quantity
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.failure_class import FailureClass
from mofang_jobs.domain.hang_rule import HangVerdict, Health
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.models import ObservedJob, PodPhase
from mofang_jobs.domain.restart_rules import may_restart
from mofang_jobs.domain.samples import SampledReplica
from mofang_jobs.services.hang_detector import HangDetector
from mofang_jobs.services.restart_controller import RestartController
from mofang_kube.clock import local_time

CHECKS_WITHOUT_VERDICT = 8
"""After more of them, what another process found of a job is not believed any more: the
rule itself gives up after six periods without a sample."""

UPDATE_AFTER = timedelta(minutes=5)
"""How often the sentence of a job that goes on hanging is written anew: it counts
minutes."""

log = structlog.get_logger(__name__)


class HangMonitor:
    """Judges running jobs again and again.

    Args:
        cache: Jobs, pods and nodes as last observed.
        watch: Knows the rule.
        restart_controller: Starts jobs again that ask for it.
        conditions: Where it is kept which jobs hang.
        period_seconds: How often each job is judged.
        now: The time, as the cluster has it.
    """

    def __init__(
        self,
        cache: JobCache,
        watch: HangDetector,
        restart_controller: RestartController,
        conditions: JobConditions,
        *,
        period_seconds: float,
        now: Callable[[], datetime] = local_time,
    ) -> None:
        self._cache = cache
        self._watch = watch
        self._restart_controller = restart_controller
        self._conditions = conditions
        self._period = period_seconds
        self._now = now
        self._checked: dict[str, ObservedJob] = {}
        self._undecided: dict[str, int] = {}
        """Looks at each job of which this process could not yet tell anything."""

    def alert(self, job: ObservedJob) -> str | None:
        """Return what is wrong with a running job; None if nothing is known."""
        return self._conditions.message(job, ConditionType.HANGING)

    async def run(self) -> None:
        """Judge until cancelled."""
        await self._cache.wait_for_sync()
        while True:
            await self.check()
            await asyncio.sleep(self._period)

    async def check(self) -> None:
        """Judge every running job once."""
        running = {
            job.uid: job
            for job in self._cache.list_unfinished()
            if not job.is_suspended and job.spec.hang_policy is not HangPolicy.OFF
        }
        for uid in self._checked.keys() - running.keys():
            gone = self._checked.pop(uid)
            self._undecided.pop(uid, None)
            self._watch.forget(gone.project, gone.id)
        for job in running.values():
            if job.uid not in self._checked:
                self._undecided[job.uid] = 0
            self._checked[job.uid] = job
            try:
                await self._check_job(job)
            except Exception:
                # What is wrong with one job does not keep the others from being judged.
                log.exception("job is not checked", job=job.id, project=job.project)

    async def _check_job(self, job: ObservedJob) -> None:
        running = {
            (pod.role, pod.index)
            for pod in self._cache.pods_of(job)
            if pod.phase is PodPhase.RUNNING
        }
        replicas = [
            each
            for each in sampled_replicas(job)
            if (each.name.role, each.name.index) in running
        ]
        if not replicas:
            return
        verdict = await self._watch.check(replicas, job.attempt)
        if verdict.health is Health.UNKNOWN and job.uid in self._undecided:
            # What another process found holds until this one has looked long enough.
            self._undecided[job.uid] += 1
            if self._undecided[job.uid] <= CHECKS_WITHOUT_VERDICT:
                return
        self._undecided.pop(job.uid, None)
        if verdict.health is not Health.HUNG:
            self._conditions.clear(job, ConditionType.HANGING)
            return
        if self._conditions.set(
            job, ConditionType.HANGING, verdict.message, update_after=UPDATE_AFTER
        ):
            log.info("job hangs", job=job.id, project=job.project)
        if job.spec.hang_policy is HangPolicy.RESTART:
            await self._restart(job, verdict)

    async def _restart(self, job: ObservedJob, verdict: HangVerdict) -> None:
        record = RestartRecord(
            attempt=job.attempt,
            at=self._now(),
            cause=verdict.message,
            platform_failure=True,
        )
        if may_restart(job, record):
            await self._restart_controller.restart(job, record, FailureClass.HUNG)


def sampled_replicas(job: ObservedJob) -> list[SampledReplica]:
    """Return the replicas of a job, with what they were given."""
    return [
        SampledReplica(
            name=LogName(project=job.project, job=job.id, role=role.name, index=index),
            memory_bytes=int(parse_quantity(role.resources.memory)),
            gpus=role.resources.gpu,
        )
        for role in job.spec.resolved_roles()
        for index in range(role.replicas)
    ]
