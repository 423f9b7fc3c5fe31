"""Delete superseded attempts, and attempts of deleted jobs.

A cancellation that lands on an old attempt applies to the job: it is copied to the
newest attempt before the old object is deleted.
"""

from __future__ import annotations

import structlog

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.models import Manifest, Outcome
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.registry import kind_by_name
from mofang_kube.errors import ConflictError, MofangError
from mofang_kube.names import (
    CANCELLED_AT_ANNOTATION,
    CANCELLED_BY_ANNOTATION,
    JOB_LABEL,
    namespace_project,
)

log = structlog.get_logger(__name__)

CANCEL_ATTEMPTS = 10


class SupersededAttempts:
    """Removes earlier attempts, and keeps what was asked of them.

    Args:
        cache: Jobs, pods and nodes as last observed.
        job_storage: Cancels and removes.
    """

    def __init__(self, cache: JobCache, job_storage: JobStorage) -> None:
        self._cache = cache
        self._job_storage = job_storage

    async def remove(self, obj: Manifest) -> None:
        """Remove an earlier attempt; where that fails, the next look tries again."""
        metadata = obj["metadata"]
        kind, name = kind_by_name(obj["kind"]), metadata["name"]
        try:
            found = await self._job_storage.find(kind, metadata["namespace"], name)
            await self._pass_on_cancellation(found or obj)
            await self._delete(obj)
        except MofangError as err:
            log.warning("earlier attempt not deleted", job=name, error=str(err))

    async def delete_stale_attempt(self, obj: Manifest) -> None:
        """Remove an attempt of a job that was deleted while the attempt was made."""
        try:
            await self._delete(obj)
        except MofangError as err:
            name = obj["metadata"]["name"]
            log.warning(
                "attempt of a deleted job not deleted", job=name, error=str(err)
            )

    async def _delete(self, obj: Manifest) -> None:
        metadata = obj["metadata"]
        kind = kind_by_name(obj["kind"])
        await self._job_storage.delete(kind, metadata["namespace"], metadata["name"])
        self._cache.drop(obj)

    async def _pass_on_cancellation(self, superseded: Manifest) -> None:
        """Cancel the last attempt if an earlier one was cancelled.

        Raises:
            MofangError: It could not be cancelled yet.
        """
        metadata = superseded["metadata"]
        user = metadata["annotations"].get(CANCELLED_BY_ANNOTATION)
        project = namespace_project(metadata["namespace"])
        if not user or project is None:
            return
        at = metadata["annotations"].get(CANCELLED_AT_ANNOTATION, "")
        for _ in range(CANCEL_ATTEMPTS):
            last = self._cache.find_object(project, metadata["labels"][JOB_LABEL])
            if last is None or last["metadata"]["uid"] == metadata["uid"]:
                return
            kind = kind_by_name(last["kind"])
            fresh = await self._job_storage.find(
                kind, metadata["namespace"], last["metadata"]["name"]
            )
            job = read_job(fresh) if fresh else None
            is_over = job and (job.cancelled_by or job.outcome is Outcome.SUCCEEDED)
            if fresh is None or job is None or is_over:
                return
            try:
                self._cache.put(await self._job_storage.cancel(kind, fresh, user, at))
            except ConflictError:
                continue
            log.info("cancellation passed on", job=job.id, attempt=job.attempt)
            return
        raise ConflictError(f"The job {metadata['name']} changes too fast.")
