"""The status of jobs: gathered inputs, and what is made of them once per change."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from cachetools import LRUCache

from mofang_api.models import Job
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.record_files import RecordStorage, RetainedReplica
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.messages import exit_message
from mofang_jobs.domain.models import ObservedJob, PodPhase
from mofang_jobs.domain.status import StatusInputs, describe_job
from mofang_jobs.scheduling.pod_group_controller import PodGroupController
from mofang_jobs.scheduling.queue import JobQueue
from mofang_jobs.services.event_reasons import EventReasons
from mofang_jobs.services.hang_monitor import HangMonitor
from mofang_jobs.services.restart_controller import RestartController

log = structlog.get_logger(__name__)

QUEUE_SECONDS = 2.0
"""How long at most a request waits for the first decision of the queue."""

JOB_SECONDS = 3.0
"""How long somebody who looks at one job waits for what events say of it."""

PAGE_SECONDS = 0.25
"""The same for a page of jobs."""

MOST_KEPT = 5000
MOST_DESCRIBED = 1000
"""Jobs whose descriptions are kept, some kilobytes each: two of the longest pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedJob:
    """A job as users see it, and the same as JSON."""

    job: Job
    """Shared by all who ask: not to be changed."""

    json: str


@dataclass(frozen=True, slots=True)
class _Description:
    """What was made of a job's inputs."""

    inputs: StatusInputs
    made: dict[bool, DescribedJob] = field(default_factory=dict)
    """By whether the user may open shells."""


class JobStatusService:
    """Describes jobs.

    A description is made anew when some input is another one than before, whichever
    it is: they are gathered at each look, which costs little, and compared.

    Args:
        cache: Jobs, pods and nodes as last observed.
        event_reasons: What events say.
        queue: Who waits for what.
        restart_controller: Who starts again.
        records: What replicas leave beside their logs.
        pod_groups: Who waits for nodes.
        hang_monitor: Who makes no progress.
        most_described: How many descriptions are kept.
    """

    def __init__(
        self,
        *,
        cache: JobCache,
        event_reasons: EventReasons,
        queue: JobQueue,
        restart_controller: RestartController,
        records: RecordStorage,
        pod_groups: PodGroupController,
        hang_monitor: HangMonitor,
        most_described: int = MOST_DESCRIBED,
    ) -> None:
        self._cache = cache
        self._event_reasons = event_reasons
        self._queue = queue
        self._restart_controller = restart_controller
        self._records = records
        self._pod_groups = pod_groups
        self._hang_monitor = hang_monitor
        self._retained: dict[str, dict[tuple[str, int], tuple[datetime, str]]] = {}
        self._revisions: LRUCache[str, tuple[StatusInputs, int]] = LRUCache(MOST_KEPT)
        self._waits_for_queue = True
        self._numbers = itertools.count(1)
        self._descriptions: LRUCache[str, _Description] = LRUCache(most_described)

    async def refresh(self, job: ObservedJob) -> None:
        """Read events and records of a job."""
        await self.refresh_all([job], within=JOB_SECONDS, at_once=True)

    def revision(self, job: ObservedJob) -> int:
        """Return a number that is another one once a job's inputs are.

        Whoever watches jobs keeps it and compares: what one of them has noticed is
        news to the others all the same.
        """
        inputs = self.status_inputs(job)
        kept = self._revisions.get(job.uid)
        if kept is None or kept[0] != inputs:
            kept = self._revisions[job.uid] = inputs, next(self._numbers)
        return kept[1]

    async def refresh_all(
        self,
        jobs: Iterable[ObservedJob],
        *,
        within: float = PAGE_SECONDS,
        at_once: bool = False,
    ) -> None:
        """Read events and records of several jobs at once, where they are needed.

        Args:
            jobs: The jobs.
            within: Seconds after which events are no longer waited for; they go on
                being read, and the next look has them.
            at_once: Also events of jobs that have just begun to start.
        """
        await self._first_decision()
        jobs = list(jobs)
        # Of most jobs of a page nothing need be asked.
        requested = (
            self._event_reasons.request(
                each, self._cache.pods_of(each), at_once=at_once
            )
            for each in jobs
        )
        if reading := [each for each in requested if each]:
            await asyncio.wait(reading, timeout=within)
        held = [each for each in jobs if each.spec.hold_on_failure_minutes]
        done = await asyncio.gather(
            *(self._refresh_retained(each) for each in held), return_exceptions=True
        )
        for each in done:
            if isinstance(each, Exception):
                # What is wrong with one job does not hide the others of its page.
                log.error("job is not refreshed", exc_info=each)
            elif isinstance(each, BaseException):
                raise each

    def describe(self, job: ObservedJob, *, shell: bool = False) -> DescribedJob:
        """Return a job as somebody sees it, without any request.

        Args:
            job: The job's object.
            shell: Whether the user may open shells in it.
        """
        inputs = self.status_inputs(job)
        kept = self._descriptions.get(job.uid)
        if kept is None or kept.inputs != inputs:
            kept = _Description(inputs)
            self._descriptions[job.uid] = kept
        if shell not in kept.made:
            made = describe_job(inputs, shell=shell)
            kept.made[shell] = DescribedJob(job=made, json=made.model_dump_json())
        return kept.made[shell]

    def status_inputs(self, job: ObservedJob) -> StatusInputs:
        """Return the inputs as last read, without any request."""
        pods = tuple(self._cache.pods_of(job))
        queue_position, waits = self._queue.queue_position(job)
        restart = self._restart_controller.status(job)
        return StatusInputs(
            job=job,
            pods=pods,
            waiting_reason=waits or self._event_reasons.cached(job),
            gang_reason=self._pod_groups.waiting(job, pods),
            queue_position=queue_position,
            alert=restart.lost_node or self._hang_monitor.alert(job),
            is_restarting=restart.is_restarting,
            not_restarted=restart.refusal,
            retained=self._retained.get(job.uid, {}),
        )

    async def _first_decision(self) -> None:
        """Let the queue decide once, so that who waits is not told less than before.

        That takes a moment after the start. If it takes longer, it is no longer waited
        for: the rest of a job's status is known all the same.
        """
        if not self._waits_for_queue:
            return
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._queue.has_decided.wait()
        except TimeoutError:
            pass
        self._waits_for_queue = False

    async def _refresh_retained(self, job: ObservedJob) -> None:
        """Read which failed replicas of a running job stay for a look."""
        pods = self._cache.pods_of(job)
        running = [pod for pod in pods if pod.phase is PodPhase.RUNNING]
        if not job.spec.hold_on_failure_minutes or not running:
            self._retained.pop(job.uid, None)
            return
        names = [
            LogName(project=job.project, job=job.id, role=pod.role, index=pod.index)
            for pod in running
        ]
        found = await self._records.retained(names)
        self._retained[job.uid] = {
            key: (retained.held_until, _ending(f"{key[0]}-{key[1]}", retained))
            for key, retained in found.items()
        }


def _ending(replica: str, retained: RetainedReplica) -> str:
    ended = exit_message(replica, retained.exit_code, retained.termination_message)
    return f"{ended} It is held until {retained.held_until.astimezone(UTC):%H:%M} UTC."
