"""Create the next attempt of a failed job and delete the superseded one.

Each step is one write, and a fresh process takes up wherever one was left: the next
attempt has a name of its own, so that two can't make it twice, and the attempt before
is removed once the next one is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from mofang_api.models import RestartRecord
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.failure_class import FailureClass, classify_failure
from mofang_jobs.domain.models import ObservedJob, Outcome
from mofang_jobs.domain.restart_rules import (
    TOO_LATE,
    is_too_late,
    may_restart,
    record_failure,
    record_loss,
)
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.services.failed_attempts import FailureCounter, FailureRecords
from mofang_jobs.services.restart_state import (
    LostNodes,
    StatusGracePeriod,
)
from mofang_jobs.services.submission import SubmissionService
from mofang_jobs.services.superseded_attempts import SupersededAttempts
from mofang_kube.clock import local_time
from mofang_kube.errors import MofangError, is_permanent
from mofang_kube.leader import Leads, always

log = structlog.get_logger(__name__)

POLL_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartStatus:
    """What is known of a job's next attempt."""

    lost_node: str | None
    """Why the running attempt will be replaced; None if it has lost no node."""

    is_restarting: bool
    """Whether the job has failed and starts again."""

    refusal: str | None
    """Why it could not be restarted although its rules say so."""


class RestartController:
    """Restarts jobs according to their restart policy.

    Args:
        cache: Jobs, pods and nodes as last observed.
        job_storage: Removes earlier attempts.
        submissions: Makes next ones.
        conditions: Where it is kept what was decided of a job.
        lost_nodes: For how long nodes are lost; asks the cache by default.
        grace_period: How long pods are waited for.
        leads: Says whether this process acts; else it only says what is coming.
        metrics: Where failures and restarts are counted.
        now: The time, as the cluster has it.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        submissions: SubmissionService,
        conditions: JobConditions,
        *,
        lost_nodes: LostNodes | None = None,
        grace_period: StatusGracePeriod | None = None,
        leads: Leads = always,
        metrics: ServiceMetrics | None = None,
        now: Callable[[], datetime] = local_time,
    ) -> None:
        self._cache = cache
        self._superseded = SupersededAttempts(cache, job_storage)
        self._submissions = submissions
        self._leads = leads
        self._now = now
        self._lost_nodes = lost_nodes or LostNodes(
            cache.lost_nodes, total=lambda: len(cache.node_objects)
        )
        self._grace_period = grace_period or StatusGracePeriod()
        self._metrics = metrics or ServiceMetrics()
        self._failure_counter = FailureCounter(cache, self._metrics, self._grace_period)
        self._conditions = conditions
        self._failure_records = FailureRecords(
            cache, conditions, seconds=self._grace_period.seconds
        )
        self._may_have_lost_nodes = True
        """Whether jobs may have lost nodes, or be said to have."""

    def status(self, job: ObservedJob) -> RestartStatus:
        """Return what is known of a job's next attempt."""
        lost = self._lost_node_record(job)
        return RestartStatus(
            lost_node=lost.cause if lost else None,
            is_restarting=self.will_restart(job),
            refusal=self.refusal(job),
        )

    def will_restart(self, job: ObservedJob) -> bool:
        """Say whether a failed job will be restarted."""
        if job.outcome is not Outcome.FAILED or job.spec.restart is None:
            return False
        if self.refusal(job):
            return False
        record = self._record(job)
        return may_restart(job, record) and not self._is_too_late(job, record)

    def refusal(self, job: ObservedJob) -> str | None:
        """Return why a job could not be restarted although its rules say so."""
        return self._conditions.message(job, ConditionType.RESTART_REFUSED)

    async def run(self) -> None:
        """Restart what fails, until cancelled."""
        await self._cache.wait_for_sync()
        await self._cache.wait_for_nodes()
        with self._cache.subscribed(None) as subscription:
            for job in self._cache.list_all():
                subscription.notify(job.id)
            while True:
                await self.reconcile()
                await subscription.wait(min(POLL_SECONDS, self._lost_nodes.until_due()))

    async def reconcile(self) -> None:
        """Look once at all jobs, and restart those that are due."""
        failed = self._cache.list_failed()
        self._grace_period.retain([obj["metadata"]["uid"] for obj in failed])
        # Before restarts, after which an attempt is no longer its job's last.
        self._failure_counter.observe(failed, leads=self._leads())
        for obj in failed:
            job = read_job(obj)
            if job and job.spec.restart:
                await self._restart_if_due(job)
        self._failure_records.observe(failed, self.will_restart, self._now())
        await self._reconcile_lost_nodes()
        for obj in self._cache.list_undeleted():
            # Whoever was asked to delete the job knows of it, and nobody else does.
            await self._superseded.delete_stale_attempt(obj)
        for obj in self._cache.list_superseded():
            if self._leads():
                await self._superseded.remove(obj)

    async def _reconcile_lost_nodes(self) -> None:
        """Restart jobs that have lost a node, or say on them that they have."""
        has_lost = bool(self._lost_nodes.durations())
        if not has_lost and not self._may_have_lost_nodes:
            return
        self._may_have_lost_nodes = has_lost
        for job in self._cache.list_unfinished():
            lost = self._lost_node_record(job)
            if lost is None:
                self._conditions.clear(job, ConditionType.NODE_LOST)
                continue
            self._conditions.set(job, ConditionType.NODE_LOST, lost.cause)
            if may_restart(job, lost):
                await self.restart(job, lost, FailureClass.NODE_LOST)

    async def _restart_if_due(self, job: ObservedJob) -> None:
        """Restart a failed job if its rules say so, or note why not."""
        record = self._record(job)
        if self.refusal(job) or not may_restart(job, record):
            return
        if self._is_too_late(job, record):
            if self._leads():
                self._refuse(job, TOO_LATE)
                log.info("job failed too long ago to be restarted", job=job.id)
            return
        if self._grace_period.has_passed(job, self._cache.pods_of(job)):
            await self.restart(job, record)

    def _refuse(self, job: ObservedJob, message: str) -> None:
        self._conditions.set(job, ConditionType.RESTART_REFUSED, message)

    def _record(self, job: ObservedJob) -> RestartRecord:
        return record_failure(job, self._cache.pods_of(job), self._now())

    def _is_too_late(self, job: ObservedJob, record: RestartRecord) -> bool:
        return is_too_late(job, record, self._now())

    def _lost_node_record(self, job: ObservedJob) -> RestartRecord | None:
        if job.outcome or job.is_suspended:
            return None
        lost = self._lost_nodes.durations()
        if not lost:
            return None
        after = self._lost_nodes.required()
        if self._conditions.find(job, ConditionType.NODE_LOST):
            # It was lost for long enough already, perhaps before this process began.
            lost = {name: max(each, after) for name, each in lost.items()}
        pods = self._cache.pods_of(job)
        return record_loss(job, pods, lost, self._now(), after=after)

    async def restart(
        self,
        job: ObservedJob,
        record: RestartRecord,
        cause: FailureClass | None = None,
    ) -> None:
        """Make the next attempt of a job, unless it is no longer as it was seen.

        Args:
            job: Its last attempt.
            record: What is written down of that.
            cause: Why it ends, for counting; None if its pods say so.
        """
        if not self._leads() or not self._is_current(job, record):
            return
        cause = cause or classify_failure(job, self._cache.pods_of(job))
        try:
            made = await self._submissions.resubmit(job, record)
        except MofangError as err:
            # What may pass is tried again by the next look, or the watch will tell
            # that another copy of this service was faster.
            if is_permanent(err):
                self._refuse(job, str(err))
            log.warning("job is not restarted", job=job.id, error=str(err))
            return
        self._cache.put(made)
        if self._cache.is_deleted(job.project, job.id):
            await self._superseded.delete_stale_attempt(made)
            return
        self._metrics.record_restart(cause)
        log.info(
            "job restarted", job=job.id, attempt=job.attempt + 1, cause=cause.value
        )

    def _is_current(self, job: ObservedJob, record: RestartRecord) -> bool:
        """Say whether what was seen some time ago still asks for a restart."""
        last = self._cache.find(job.project, job.id)
        if last is None or self._cache.is_deleted(job.project, job.id):
            return False
        if self.refusal(job):
            return False
        is_same = last.uid == job.uid and last.outcome is job.outcome
        return is_same and may_restart(last, record)
