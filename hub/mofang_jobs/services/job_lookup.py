"""Find a job for somebody who may do something with it, and tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import TTLCache

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.access import Action, check_access, may_open_shell
from mofang_jobs.domain.models import Caller, MemberRole, ObservedJob, ObservedPod
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.services.access_policy import AccessPolicy
from mofang_jobs.services.caller_limits import CallerLimits
from mofang_jobs.services.job_status import DescribedJob, JobStatusService
from mofang_kube.errors import NotFoundError
from mofang_kube.names import is_job_id, project_namespace
from mofang_spawner.environments.models import Project

ABSENT_SECONDS = 2.0
"""How long Kubernetes is not asked again for a job that it did not have."""

_MOST_ABSENT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizedJob:
    """A job that the caller may do something with."""

    job: ObservedJob
    pods: list[ObservedPod]
    role: MemberRole


class JobLookup:
    """Finds jobs for those who may.

    Args:
        cache: Jobs, pods and nodes as last observed.
        job_storage: Asked for what another copy of this service made a moment ago.
        access: Who may do what.
        job_status: What else is known of jobs.
        limits: How many unknown jobs one person may ask for.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        access: AccessPolicy,
        job_status: JobStatusService,
        limits: CallerLimits,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._access = access
        self._job_status = job_status
        self._limits = limits
        self._absent: TTLCache[tuple[str, str], None] = TTLCache(
            _MOST_ABSENT, ttl=ABSENT_SECONDS
        )

    async def authorize(
        self, action: Action, caller: Caller, project: str
    ) -> tuple[Project, MemberRole]:
        """Return the project, and what the caller is in it.

        Args:
            action: What is to be done.
            caller: Who asks; what is visible depends on it.
            project: Name of the project.

        Raises:
            NotFoundError: There is no such project for the caller.
            ForbiddenError: The caller may not do the action there.
            KubernetesUnavailableError: Kubernetes does not answer.
        """
        await self._cache.ready()
        return await self._access.authorize(action, caller, project)

    async def find(
        self, action: Action, caller: Caller, project: str, job_id: str
    ) -> AuthorizedJob:
        """Return a job with which the caller may do the action.

        Args:
            action: What is to be done.
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job_id: Id of the job, such as ``digits-x1y2z3``.

        Raises:
            NotFoundError: There is no such project or job for the caller.
            ForbiddenError: The caller may not do it.
            TooManyError: The caller asks for too many jobs that do not exist.
        """
        allowed, role = await self.authorize(Action.READ, caller, project)
        job = self._cache.find(project, job_id)
        if job is None and is_job_id(job_id):
            job = await self._find_uncached(caller, allowed.name, job_id)
        if job is None:
            raise _no_such_job(project, job_id)
        check_access(action, caller, project=project, role=role, owner=job.owner)
        return AuthorizedJob(job=job, pods=self._cache.pods_of(job), role=role)

    def describe(
        self, job: ObservedJob, caller: Caller, role: MemberRole
    ) -> DescribedJob:
        """Return a job as its state is told to the caller.

        Args:
            job: The job.
            caller: Who asks; what is visible depends on it.
            role: The caller's role in the job's project.
        """
        shell = may_open_shell(caller, role, job.owner)
        return self._job_status.describe(job, shell=shell)

    async def _find_uncached(
        self, caller: Caller, project: str, job_id: str
    ) -> ObservedJob | None:
        """Look for a job that another copy of this service made a moment ago."""
        if (project, job_id) in self._absent:
            return None
        await self._limits.look_up(caller)
        namespace = project_namespace(project)
        for kind in self._cache.kinds:
            obj = await self._job_storage.find(kind, namespace, job_id)
            job = read_job(obj) if obj else None
            if obj and job:
                self._cache.put(obj)
                return job
        self._absent[project, job_id] = None
        return None


def _no_such_job(project: str, job_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no job {job_id[:80]} in {project}. Look at the list of jobs; those "
        "that ended long ago are removed."
    )
