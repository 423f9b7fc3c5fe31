"""Watch running jobs for progress: tell of those that hang, or restart them (H1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from mofang_api.models import HangPolicy, RestartRecord
from mofang_api.quantities import parse_quantity
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.domain.failure_class import FailureClass
from mofang_jobs.domain.hang_rule import HangVerdict, Health
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.models import ObservedJob, PodPhase
from mofang_jobs.domain.restart_rules import may_restart
from mofang_jobs.domain.samples import SampledReplica
from mofang_jobs.services.hang_detector import HangDetector
from mofang_jobs.services.restart_controller import RestartController

log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class HangMonitor:
    """Judges running jobs again and again.

    Args:
        cache: Jobs, pods and nodes as last observed.
        watch: Knows the rule.
        restart_controller: Starts jobs again that ask for it.
        period_seconds: How often each job is judged.
        now: The time.
    """

    def __init__(
        self,
        cache: JobCache,
        watch: HangDetector,
        restart_controller: RestartController,
        *,
        period_seconds: float,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._cache = cache
        self._watch = watch
        self._restart_controller = restart_controller
        self._period = period_seconds
        self._now = now
        self._hung: dict[str, str] = {}
        self._checked: dict[str, ObservedJob] = {}

    def alert(self, job: ObservedJob) -> str | None:
        """Return what is wrong with a running job; None if nothing is known."""
        return self._hung.get(job.uid)

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
            self._hung.pop(uid, None)
            self._watch.forget(gone.project, gone.id)
        for job in running.values():
            self._checked[job.uid] = job
            await self._check_job(job)

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
        if verdict.health is not Health.HUNG:
            self._hung.pop(job.uid, None)
            return
        if job.uid not in self._hung:
            log.info("job hangs", job=job.id, project=job.project)
        self._hung[job.uid] = verdict.message
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
