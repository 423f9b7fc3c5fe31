"""Count the attempts that fail while this process runs."""

from __future__ import annotations

from collections.abc import Iterable

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.domain.failure_class import classify_failure
from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.registry import kind_by_name
from mofang_jobs.services.restart_state import StatusGracePeriod


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
