"""Admit one job: make what its replicas need, then unsuspend it.

That is its PodGroup, its NetworkPolicy and its directory of logs, which would belong to
root if the kubelet made it.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.models import Manifest, ObservedJob
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.registry import kind_by_name
from mofang_kube.errors import ConflictError

TRIES = 10


class DependentWriter(Protocol):
    """Who makes what a job's replicas need from their first moment on."""

    async def create_if_absent(self, job: ObservedJob, owner: Manifest) -> None:
        """Make it, owned by the job's object; what is there stays."""


class Admitter:
    """Admits jobs.

    Args:
        cache: Jobs, pods and nodes as last observed.
        job_storage: Unsuspends it.
        dependents: Make what its replicas need.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        *dependents: DependentWriter,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._dependents = dependents

    async def admit(self, job: ObservedJob) -> bool:
        """Admit a pending job; return False where it was cancelled or is gone.

        Killed anywhere in between, the job still waits and all of it is done again.
        """
        kind = kind_by_name(job.kind)
        obj = self._cache.find_object(job.project, job.id)
        for _ in range(TRIES):
            fresh = read_job(obj) if obj else None
            if obj is None or fresh is None or not fresh.is_waiting:
                return False
            if fresh.is_unsupported:
                raise ConflictError(
                    "It was submitted to another version of the platform, which has to "
                    "start it. Submit it again, or cancel it."
                )
            await self._create_dependents(fresh, obj)
            try:
                changed = await self._job_storage.unsuspend(kind, obj)
            except ConflictError:
                obj = await self._job_storage.find(
                    kind, job.namespace, fresh.object_name
                )
                if obj:
                    self._cache.put(obj)
                continue
            self._cache.put(changed)
            return True
        raise ConflictError(f"The job {job.id} changes too fast to be started.")

    async def _create_dependents(self, job: ObservedJob, owner: Manifest) -> None:
        creations = [each.create_if_absent(job, owner) for each in self._dependents]
        for error in await asyncio.gather(*creations, return_exceptions=True):
            if error is not None:
                raise error
