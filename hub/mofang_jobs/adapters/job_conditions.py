"""Set conditions on jobs: known here at once, and kept on the jobs' objects.

The copy of the service that leads is the only writer; the others read what it wrote.
A job is patched when a condition begins, ends or says something else, never because
time passes: of jobs with which nothing is wrong nothing is written.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from mofang_api.models import RestartRecord
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.conditions import (
    Condition,
    ConditionType,
    begin,
    bounded,
    build_annotations,
    change_conditions,
    read_conditions,
    read_failure,
)
from mofang_jobs.domain.models import Manifest, ObservedJob
from mofang_jobs.engines.registry import kind_by_name
from mofang_kube.clock import local_time
from mofang_kube.errors import ConflictError, MofangError, NotFoundError
from mofang_kube.leader import Leads, always

log = structlog.get_logger(__name__)

TRIES = 5
"""How often a patch is tried at once where the object changes meanwhile."""

RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
IDLE_SECONDS = 3600.0


@dataclass(slots=True, kw_only=True)
class _Unwritten:
    """What is to be written on one object."""

    job: ObservedJob
    changes: dict[str, Condition | None] = field(default_factory=dict)
    failure: RestartRecord | None = None
    failed_writes: int = 0
    due: float = 0.0
    """When it is tried, by the clock."""


class JobConditions:
    """Conditions of all jobs.

    Args:
        cache: Jobs as last observed, with the conditions on their objects.
        job_storage: Patches the objects.
        leads: Says whether this process decides; else nothing is set.
        now: The time, as the cluster has it.
        clock: Steady seconds.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        *,
        leads: Leads = always,
        now: Callable[[], datetime] = local_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._leads = leads
        self._now = now
        self._clock = clock
        self.retry_seconds = RETRY_SECONDS
        """The pause after a first write that failed; it doubles with each."""

        self._unwritten: dict[str, _Unwritten] = {}
        self._has_some = asyncio.Event()

    def find(self, job: ObservedJob, kind: ConditionType) -> Condition | None:
        """Return a condition of a job; None if it does not hold."""
        unwritten = self._unwritten.get(job.uid)
        if unwritten is not None and kind in unwritten.changes:
            return unwritten.changes[kind]
        return next((each for each in job.conditions if each.type == kind), None)

    def message(self, job: ObservedJob, kind: ConditionType) -> str | None:
        """Return what a condition of a job says; None if it does not hold."""
        found = self.find(job, kind)
        return found.message if found else None

    def set(
        self,
        job: ObservedJob,
        kind: ConditionType,
        message: str,
        *,
        since: datetime | None = None,
        update_after: timedelta = timedelta(0),
    ) -> bool:
        """Let a condition of a job hold; say whether it begins by that.

        Args:
            job: The job.
            kind: The condition.
            message: What it says to the owner.
            since: When it began, if it does not hold yet; None for now.
            update_after: For how long the message of one that holds already is left as
                it is, where messages count minutes.
        """
        now, known = self._now(), self.find(job, kind)
        if known is None:
            begun = begin(kind, message, now)
            self._change(job, kind, begun.model_copy(update={"since": since or now}))
        elif known.message != bounded(message) and now - known.updated >= update_after:
            changed = {"message": bounded(message), "updated": now}
            self._change(job, kind, known.model_copy(update=changed))
        return known is None and self._leads()

    def clear(self, job: ObservedJob, kind: ConditionType) -> None:
        """Let a condition of a job hold no longer."""
        if self.find(job, kind) is not None:
            self._change(job, kind, None)

    def record_failure(self, job: ObservedJob, record: RestartRecord) -> None:
        """Keep why a job failed; what is kept already stays."""
        if self._leads() and job.failure is None:
            self._of(job).failure = record.model_copy(
                update={"cause": bounded(record.cause)}
            )
            self._has_some.set()

    def _change(
        self, job: ObservedJob, kind: ConditionType, changed: Condition | None
    ) -> None:
        if self._leads():
            self._of(job).changes[kind] = changed
            self._has_some.set()
            # Its state may be another now, though no object has changed yet.
            self._cache.notify(job)

    def _of(self, job: ObservedJob) -> _Unwritten:
        return self._unwritten.setdefault(job.uid, _Unwritten(job=job))

    async def run(self) -> None:
        """Write what was set, until cancelled."""
        await self._cache.wait_for_sync()
        while True:
            await self.write_due()
            now = self._clock()
            due = min((each.due for each in self._unwritten.values()), default=None)
            pause = IDLE_SECONDS if due is None else max(due - now, 0.0)
            try:
                async with asyncio.timeout(pause):
                    await self._has_some.wait()
            except TimeoutError:
                continue

    async def write_due(self) -> None:
        """Write once what is not waiting for another try."""
        self._has_some.clear()
        if not self._leads():
            # Who leads now decides by itself.
            self._unwritten.clear()
        for uid, each in list(self._unwritten.items()):
            if each.due > self._clock():
                continue
            try:
                is_written = await self._write(uid, each)
            except MofangError as err:
                is_written = False
                log.warning("conditions not written", job=each.job.id, error=str(err))
            except Exception:
                is_written = False
                log.exception("writing of conditions broke", job=each.job.id)
            if not is_written:
                pause = self.retry_seconds * 2 ** min(each.failed_writes, 10)
                each.failed_writes += 1
                each.due = self._clock() + min(pause, LONGEST_RETRY_SECONDS)

    async def _write(self, uid: str, unwritten: _Unwritten) -> bool:
        """Write what is to be written on one object; say whether that is done.

        Raises:
            MofangError: Kubernetes did not take it.
        """
        job = unwritten.job
        kind = kind_by_name(job.kind)
        obj = self._find_object(job)
        for _ in range(TRIES):
            changes, failure = dict(unwritten.changes), unwritten.failure
            annotations = _missing(obj, changes, failure) if obj else {}
            if obj is None or not annotations:
                self._forget(uid, changes, failure)
                return True
            try:
                obj = await self._job_storage.annotate(kind, obj, annotations)
            except NotFoundError:
                obj = None
            except ConflictError:
                name = job.object_name
                obj = await self._job_storage.find(kind, job.namespace, name)
            if obj and obj["metadata"]["uid"] != uid:
                obj = None
            if obj:
                self._cache.put(obj)
        return False

    def _find_object(self, job: ObservedJob) -> Manifest | None:
        attempts = self._cache.attempts_of(job.project, job.id)
        return next((x for x in attempts if x["metadata"]["uid"] == job.uid), None)

    def _forget(
        self,
        uid: str,
        changes: dict[str, Condition | None],
        failure: RestartRecord | None,
    ) -> None:
        """Forget what is on the object, unless it was set anew meanwhile."""
        unwritten = self._unwritten[uid]
        for kind, change in changes.items():
            if unwritten.changes[kind] is change:
                del unwritten.changes[kind]
        if unwritten.failure is failure:
            unwritten.failure = None
        if not unwritten.changes and unwritten.failure is None:
            del self._unwritten[uid]


def _missing(
    obj: Manifest,
    changes: dict[str, Condition | None],
    failure: RestartRecord | None,
) -> dict[str, str | None]:
    """Return the annotations that an object lacks; none if all is there."""
    held: dict[str, str] = obj["metadata"]["annotations"]
    wanted = build_annotations(
        change_conditions(read_conditions(held), changes), read_failure(held) or failure
    )
    return {name: text for name, text in wanted.items() if held.get(name) != text}
