"""Find a job for somebody who may do something with it, and tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from mofang.models import Job
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.domain.access import Action, check_access, may_open_shell
from mofang_jobs.domain.models import Caller, JobSeen, MemberRole, PodSeen
from mofang_jobs.domain.status import describe_job
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.services.job_status import Looks
from mofang_jobs.services.job_validator import Admission
from mofang_kube.errors import NotFoundError
from mofang_kube.names import is_job_id, project_namespace
from mofang_spawner.environments.models import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A job that the caller may do something with."""

    seen: JobSeen
    pods: list[PodSeen]
    role: MemberRole


class JobLookup:
    """Finds jobs for those who may.

    Args:
        board: What is there.
        engine: Asked for what another copy of this service made a moment ago.
        admission: Who may do what.
        looks: What else is known of jobs.
    """

    def __init__(
        self, board: Board, engine: JobEngine, admission: Admission, looks: Looks
    ) -> None:
        self._board = board
        self._engine = engine
        self._admission = admission
        self._looks = looks

    async def allowed(
        self, action: Action, caller: Caller, project: str
    ) -> tuple[Project, MemberRole]:
        """Return the project, and what the caller is in it.

        Raises:
            NotFoundError: There is no such project for the caller.
            ForbiddenError: The caller may not do the action there.
            ClusterAwayError: Kubernetes does not answer.
        """
        await self._board.ready()
        return await self._admission.check_project(action, caller, project)

    async def find(
        self, action: Action, caller: Caller, project: str, job_id: str
    ) -> Found:
        """Return a job with which the caller may do the action.

        Raises:
            NotFoundError: There is no such project or job for the caller.
            ForbiddenError: The caller may not do it.
        """
        allowed, role = await self.allowed(Action.READ, caller, project)
        seen = self._board.find(project, job_id)
        if seen is None and is_job_id(job_id):
            seen = await self._find_unseen(project_namespace(allowed.name), job_id)
        if seen is None:
            raise _no_such_job(project, job_id)
        check_access(action, caller, project=project, role=role, owner=seen.owner)
        return Found(seen=seen, pods=self._board.pods_of(seen), role=role)

    def describe(self, seen: JobSeen, caller: Caller, role: MemberRole) -> Job:
        """Return a job as its state is told to the caller."""
        shell = may_open_shell(caller, role, seen.owner)
        return describe_job(
            seen, self._board.pods_of(seen), self._looks.around(seen, shell=shell)
        )

    async def _find_unseen(self, namespace: str, job_id: str) -> JobSeen | None:
        """Look for a job that another copy of this service made a moment ago."""
        for kind in self._board.kinds:
            obj = await self._engine.find(kind, namespace, job_id)
            seen = read_job(obj) if obj else None
            if obj and seen:
                self._board.put(obj)
                return seen
        return None


def _no_such_job(project: str, job_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no job {job_id[:80]} in {project}. Look at the list of jobs; those "
        "that ended long ago are removed."
    )
