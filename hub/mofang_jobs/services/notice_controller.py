"""Tell by mail and webhooks that a job has succeeded, failed or seems to hang.

What is told is written on the job's object first, and then sent: however often the
service is started anew, nothing is told twice. What could not be sent is tried again
for a while, and is lost with the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import structlog

from mofang_hub.notices.contract import NoticeSender
from mofang_hub.notices.delivery import PAUSES_SECONDS, NoticeDelivery
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.models import ObservedJob
from mofang_jobs.domain.notices import JobNotice, NoticeEvent, notice_event
from mofang_jobs.engines.registry import kind_by_name
from mofang_jobs.services.job_status import JobStatusService
from mofang_kube.clock import local_time
from mofang_kube.errors import ConflictError, MofangError, NotFoundError
from mofang_kube.leader import Leads, always
from mofang_kube.names import NOTIFIED_ANNOTATION

log = structlog.get_logger(__name__)

POLL_SECONDS = 60.0
"""How often all jobs are looked at, for what no change has told of."""

GRACE_SECONDS = 15.0
"""After its end a failed job may turn out to be restarted, once its pods are known."""

LATEST = timedelta(hours=1)
"""What ended longer ago is not told: notices were switched on, or nobody was there."""


class NoticeController:
    """Tells what happens to jobs.

    Args:
        cache: Jobs as last observed.
        job_storage: Writes on their objects what was told.
        job_status: Their state, as users see it.
        conditions: Which of them hang.
        senders: Where notices go.
        minimum: Of jobs that ended sooner after their submission nothing is told.
        leads: Says whether this process tells.
        now: The time, as the cluster has it.
        grace_seconds: How long after its end a job counts as failed for good.
        pauses: Seconds between tries to send.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        job_status: JobStatusService,
        conditions: JobConditions,
        senders: Sequence[NoticeSender],
        *,
        minimum: timedelta = timedelta(0),
        leads: Leads = always,
        now: Callable[[], datetime] = local_time,
        grace_seconds: float = GRACE_SECONDS,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._job_status = job_status
        self._conditions = conditions
        self._minimum = minimum
        self._leads = leads
        self._now = now
        self._grace_seconds = grace_seconds
        self._delivery = NoticeDelivery(senders, pauses=pauses)
        self._in_grace_period: set[str] = set()
        """Ids of jobs that have failed a moment ago."""

    async def run(self) -> None:
        """Tell until cancelled."""
        await self._cache.wait_for_sync()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._delivery.run())
            tasks.create_task(self._follow())

    async def _follow(self) -> None:
        with self._cache.subscribed(None) as subscription:
            changed: Collection[str] = ()
            while True:
                if self._delivery.is_wanted and self._leads():
                    await self.reconcile(changed)
                pause = self._grace_seconds if self._in_grace_period else POLL_SECONDS
                changed = await subscription.wait(pause)

    async def reconcile(self, changed: Collection[str] = ()) -> None:
        """Tell once what is due.

        Args:
            changed: Ids of the jobs to look at; none for all.
        """
        wanted = {*changed, *self._in_grace_period} if changed else None
        self._in_grace_period.clear()
        for job in self._cache.list_all():
            if wanted is not None and job.id not in wanted:
                continue
            try:
                await self._notify_if_due(job)
            except MofangError as err:
                log.warning("notice not written", job=job.id, error=str(err))
            except Exception:
                # What is wrong with one job does not keep the others.
                log.exception("notice broke", job=job.id, project=job.project)

    async def _notify_if_due(self, job: ObservedJob) -> None:
        is_hanging = self._conditions.find(job, ConditionType.HANGING) is not None
        state = self._job_status.describe(job).job.state
        event = notice_event(state, is_hanging=is_hanging)
        if event == (job.notified or None) or not self._is_wanted(job, event):
            return
        if event is NoticeEvent.FAILED and self._age(job) < timedelta(
            seconds=self._grace_seconds
        ):
            self._in_grace_period.add(job.id)
            return
        if await self._record(job, event) and event is not None:
            self._delivery.put(
                JobNotice(event=event, project=job.project, job=job.id, owner=job.owner)
            )

    def _is_wanted(self, job: ObservedJob, event: NoticeEvent | None) -> bool:
        if event in {None, NoticeEvent.HANGING}:
            return True
        if job.finished is None:
            return False
        is_long = job.finished - job.created >= self._minimum
        return is_long and self._age(job) < LATEST

    def _age(self, job: ObservedJob) -> timedelta:
        """Return how long ago a job ended."""
        return self._now() - (job.finished or self._now())

    async def _record(self, job: ObservedJob, event: NoticeEvent | None) -> bool:
        """Write on the object what is told; say whether it was for us to write.

        Raises:
            MofangError: Kubernetes did not take it.
        """
        obj = self._cache.find_object(job.project, job.id)
        if obj is None or obj["metadata"]["uid"] != job.uid or not self._leads():
            return False
        kind = kind_by_name(job.kind)
        try:
            changed = await self._job_storage.annotate(
                kind, obj, {NOTIFIED_ANNOTATION: event}
            )
        except (ConflictError, NotFoundError):
            # The watch brings what it is now, and it is looked at again.
            return False
        self._cache.put(changed)
        return True
