"""What people do to jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from mofang.models import DebugServer, EnvironmentList, Job, JobSpec, Preview
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.adapters.log_files import LogStore
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.models import Caller, JobSeen, Outcome
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.workload_kinds import kind_named
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_validator import Admission
from mofang_jobs.services.submission import Submissions
from mofang_kube.errors import ConflictError, NotFoundError

log = structlog.get_logger(__name__)

CANCEL_ATTEMPTS = 10

_SUCCEEDED = Outcome.SUCCEEDED


def _now() -> datetime:
    return datetime.now(UTC)


class JobService:
    """Submits, cancels and deletes jobs for those who may.

    Args:
        lookup: Who may do what with which job.
        board: What is there.
        engine: Who changes it.
        admission: Knows environments.
        submissions: Makes jobs.
        logs: Removed with their jobs.
        now: The time.
    """

    def __init__(
        self,
        *,
        lookup: JobLookup,
        board: Board,
        engine: JobEngine,
        admission: Admission,
        submissions: Submissions,
        logs: LogStore,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._lookup = lookup
        self._board = board
        self._engine = engine
        self._admission = admission
        self._submissions = submissions
        self._logs = logs
        self._now = now

    async def submit(self, caller: Caller, project: str, spec: JobSpec) -> Job:
        """Create a job.

        Raises:
            MofangError: The caller may not, the job may not, or Kubernetes would not.
        """
        allowed, role = await self._lookup.allowed(Action.SUBMIT, caller, project)
        obj = await self._submissions.submit(caller, allowed, spec)
        seen = read_job(obj)
        if seen is None:
            raise AssertionError(obj["metadata"]["name"])
        log.info("job submitted", user=caller.name, project=project, job=seen.id)
        return self._lookup.describe(seen, caller, role)

    async def preview(self, caller: Caller, project: str, spec: JobSpec) -> Preview:
        """Return what a job would be, without making it."""
        allowed, _ = await self._lookup.allowed(Action.SUBMIT, caller, project)
        return await self._submissions.preview(caller, allowed, spec)

    async def list_environments(self, caller: Caller, project: str) -> EnvironmentList:
        """Return the environments that jobs of the caller may run in a project."""
        allowed, _ = await self._lookup.allowed(Action.READ, caller, project)
        return self._admission.list_environments(caller, allowed)

    async def debug(self, caller: Caller, project: str, job_id: str) -> DebugServer:
        """Return the notebook server in which a job can be looked into.

        Only the job's owner gets its variables and its command there; a colleague has
        its image and its directory.

        Raises:
            InvalidError: No environment that the caller may use has its image.
        """
        allowed, _ = await self._lookup.allowed(Action.SUBMIT, caller, project)
        found = await self._lookup.find(Action.READ, caller, project, job_id)
        return self._admission.find_debug_server(caller, allowed, found.seen)

    async def cancel(self, caller: Caller, project: str, job_id: str) -> Job:
        """Ask for the end of a job; one that ended or is ending stays as it is."""
        for _ in range(CANCEL_ATTEMPTS):
            found = await self._lookup.find(Action.STOP, caller, project, job_id)
            state = self._lookup.describe(found.seen, caller, found.role).state
            if state.is_final or found.seen.cancelled_by:
                return self._lookup.describe(found.seen, caller, found.role)
            # The first to cancel is the one who is named: what was seen must still
            # be so, or we look again.
            kind = kind_named(found.seen.kind)
            obj = await self._engine.find(
                kind, found.seen.namespace, found.seen.object_name
            )
            if obj is None:
                self._forget(found.seen)
                continue
            self._board.put(obj)
            fresh = read_job(obj)
            if fresh is None or fresh.cancelled_by or fresh.outcome is _SUCCEEDED:
                continue
            at = self._now().isoformat(timespec="seconds")
            try:
                changed = await self._engine.cancel(kind, obj, caller.name, at)
            except (ConflictError, NotFoundError):
                # It changed, or a later attempt has taken its place.
                continue
            self._board.put(changed)
            log.info("job cancelled", user=caller.name, project=project, job=job_id)
        raise ConflictError(
            f"The job {job_id} changes too fast to be cancelled just now. Try again."
        )

    async def delete(self, caller: Caller, project: str, job_id: str) -> None:
        """Remove a job, its pods and its logs."""
        await self._lookup.find(Action.STOP, caller, project, job_id)
        with self._board.deleting(project, job_id):
            await self._delete_attempts(project, job_id)
            await self._logs.remove(project, job_id)
            # A next attempt may have come meanwhile.
            await self._delete_attempts(project, job_id)
        log.info("job deleted", user=caller.name, project=project, job=job_id)

    async def _delete_attempts(self, project: str, job_id: str) -> None:
        for obj in self._board.attempts_of(project, job_id):
            metadata = obj["metadata"]
            await self._engine.delete(
                kind_named(obj["kind"]), metadata["namespace"], metadata["name"]
            )
            self._board.drop(obj)

    def _forget(self, seen: JobSeen) -> None:
        # Only what was looked for: a later attempt may have come meanwhile.
        for obj in self._board.attempts_of(seen.project, seen.id):
            if obj["metadata"]["uid"] == seen.uid:
                self._board.drop(obj)
