"""What people do to jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mofang_api.models import DebugServer, EnvironmentList, Job, JobSpec, Preview
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.models import Caller, ObservedJob, Outcome
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.registry import kind_by_name
from mofang_jobs.services.environment_service import EnvironmentService
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_removal import JobRemoval
from mofang_jobs.services.submission import SubmissionService
from mofang_kube.clock import local_time
from mofang_kube.errors import ConflictError, NotFoundError

CANCEL_ATTEMPTS = 10

_SUCCEEDED = Outcome.SUCCEEDED


class JobService:
    """Submits, cancels and deletes jobs for those who may.

    Args:
        lookup: Who may do what with which job.
        cache: Jobs, pods and nodes as last observed.
        job_storage: Who changes it.
        environments: What jobs may run.
        submissions: Makes jobs.
        removal: Removes them, with what they have written.
        now: The time, as the cluster has it.
    """

    def __init__(
        self,
        *,
        lookup: JobLookup,
        cache: JobCache,
        job_storage: JobStorage,
        environments: EnvironmentService,
        submissions: SubmissionService,
        removal: JobRemoval,
        now: Callable[[], datetime] = local_time,
    ) -> None:
        self._lookup = lookup
        self._cache = cache
        self._job_storage = job_storage
        self._environments = environments
        self._submissions = submissions
        self._removal = removal
        self._now = now

    async def submit(self, caller: Caller, project: str, spec: JobSpec) -> Job:
        """Create a job.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            spec: The specification, already validated.

        Raises:
            MofangError: The caller may not, the job may not, or Kubernetes would not.
        """
        allowed, role = await self._lookup.authorize(Action.SUBMIT, caller, project)
        obj = await self._submissions.submit(caller, role, allowed, spec)
        job = read_job(obj)
        if job is None:
            raise AssertionError(obj["metadata"]["name"])
        return self._lookup.describe(job, caller, role).job

    async def preview(self, caller: Caller, project: str, spec: JobSpec) -> Preview:
        """Return what a job would be, without making it.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            spec: The specification, already validated.
        """
        allowed, role = await self._lookup.authorize(Action.SUBMIT, caller, project)
        return await self._submissions.preview(caller, role, allowed, spec)

    async def list_environments(self, caller: Caller, project: str) -> EnvironmentList:
        """Return the environments that jobs of the caller may run in a project."""
        allowed, _ = await self._lookup.authorize(Action.READ, caller, project)
        return self._environments.list_environments(caller, allowed)

    async def debug(self, caller: Caller, project: str, job_id: str) -> DebugServer:
        """Return the notebook server in which a job can be looked into.

        Only the job's owner gets its variables and its command there; a colleague has
        its image and its directory.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job_id: Id of the job, such as ``digits-x1y2z3``.

        Raises:
            InvalidError: No environment that the caller may use has its image.
        """
        allowed, _ = await self._lookup.authorize(Action.SUBMIT, caller, project)
        found = await self._lookup.find(Action.READ, caller, project, job_id)
        return self._environments.find_debug_server(caller, allowed, found.job)

    async def cancel(self, caller: Caller, project: str, job_id: str) -> Job:
        """Ask for the end of a job; one that ended or is ending stays as it is.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job_id: Id of the job, such as ``digits-x1y2z3``.
        """
        for _ in range(CANCEL_ATTEMPTS):
            found = await self._lookup.find(Action.STOP, caller, project, job_id)
            state = self._lookup.describe(found.job, caller, found.role).job.state
            if state.is_final or found.job.cancelled_by:
                return self._lookup.describe(found.job, caller, found.role).job
            # The first to cancel is the one who is named: what was seen must still
            # be so, or we look again.
            kind = kind_by_name(found.job.kind)
            obj = await self._job_storage.find(
                kind, found.job.namespace, found.job.object_name
            )
            if obj is None:
                self._forget(found.job)
                continue
            self._cache.put(obj)
            fresh = read_job(obj)
            if fresh is None or fresh.cancelled_by or fresh.outcome is _SUCCEEDED:
                continue
            at = self._now().isoformat(timespec="seconds")
            try:
                changed = await self._job_storage.cancel(kind, obj, caller.name, at)
            except (ConflictError, NotFoundError):
                # It changed, or a later attempt has taken its place.
                continue
            self._cache.put(changed)
        raise ConflictError(
            f"The job {job_id} changes too fast to be cancelled just now. Try again."
        )

    async def delete(self, caller: Caller, project: str, job_id: str) -> None:
        """Remove a job, its pods and its logs.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job_id: Id of the job, such as ``digits-x1y2z3``.
        """
        await self._lookup.find(Action.STOP, caller, project, job_id)
        await self._removal.remove(project, job_id)

    def _forget(self, job: ObservedJob) -> None:
        # Only what was looked for: a later attempt may have come meanwhile.
        for obj in self._cache.attempts_of(job.project, job.id):
            if obj["metadata"]["uid"] == job.uid:
                self._cache.drop(obj)
