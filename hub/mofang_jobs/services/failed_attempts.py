"""Take note of attempts that fail: count them, and keep why they failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.domain.failure_class import classify_failure
from mofang_jobs.domain.models import Manifest, ObservedJob
from mofang_jobs.domain.restart_rules import record_failure
from mofang_jobs.domain.status import root_cause_pod
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.registry import kind_by_name
from mofang_jobs.services.restart_state import StatusGracePeriod
from mofang_kube.names import FAILURE_ANNOTATION


class FailureCounter:
    """Remembers which failures were counted.

    Args:
        cache: Knows the pods of the jobs.
        metrics: Where they are counted.
        grace_period: How long a failed job's pods are waited for.
    """

    def __init__(
        self, cache: JobCache, metrics: ServiceMetrics, grace_period: StatusGracePeriod
    ) -> None:
        self._cache = cache
        self._metrics = metrics
        self._grace_period = grace_period
        self._counted: set[str] | None = None
        """Uids of failed attempts; None before the first look."""

    def observe(self, failed: Iterable[Manifest], *, leads: bool) -> None:
        """Count what has failed since the last look.

        Args:
            failed: The objects of all attempts that failed and are there.
            leads: Whether this process counts; of several copies one does. The others
                remember what was counted, in case they lead next.
        """
        by_uid = {obj["metadata"]["uid"]: obj for obj in failed}
        if self._counted is None:
            # They failed before this process began.
            self._counted = set(by_uid)
            return
        self._counted &= by_uid.keys()
        for uid in by_uid.keys() - self._counted:
            if not leads or self._count(by_uid[uid]):
                self._counted.add(uid)

    def _count(self, obj: Manifest) -> bool:
        """Count a failure; return whether it need not be looked at again."""
        job = read_job(obj)
        if job is None:
            return True
        pods = self._cache.pods_of(job)
        if not self._grace_period.has_passed(job, pods):
            return False
        engine = kind_by_name(job.kind).engine
        self._metrics.record_failure(engine, classify_failure(job, pods))
        return True


class FailureRecords:
    """Keeps on failed jobs why they failed: their pods will not be there for ever.

    Without that, a job whose pods are removed with their node would later have failed
    for a reason that nobody knows, and perhaps be restarted for it. A job that starts
    again needs none: the record of its restart is kept by the next attempt.

    Args:
        cache: Knows the pods of the jobs.
        conditions: Where it is kept.
        seconds: How long further pods of a failed job may take to tell of their end.
        clock: Steady seconds.
    """

    def __init__(
        self,
        cache: JobCache,
        conditions: JobConditions,
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._conditions = conditions
        self._seconds = seconds
        self._clock = clock
        self._since: dict[str, float] = {}
        self._unexplained: set[str] = set()
        """Uids of those whose pods were gone before they told anything."""

    def observe(
        self,
        failed: Sequence[Manifest],
        will_restart: Callable[[ObservedJob], bool],
        now: datetime,
    ) -> None:
        """Keep why jobs failed that have failed for some seconds.

        Args:
            failed: The objects of all attempts that failed and are there.
            will_restart: Says whether a job starts again.
            now: The time.
        """
        by_uid = {
            obj["metadata"]["uid"]: obj
            for obj in failed
            if FAILURE_ANNOTATION not in obj["metadata"]["annotations"]
        }
        self._unexplained &= by_uid.keys()
        seconds = self._clock()
        self._since = {uid: self._since.get(uid, seconds) for uid in by_uid}
        for uid in by_uid.keys() - self._unexplained:
            if seconds - self._since[uid] < self._seconds:
                continue
            job = read_job(by_uid[uid])
            pods = self._cache.pods_of(job) if job else ()
            if job is None or root_cause_pod(job, pods) is None:
                self._unexplained.add(uid)
            elif not will_restart(job):
                record = record_failure(job, pods, now)
                self._conditions.record_failure(job, record)
