"""What may happen to jobs, and what is said of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from mofang.models import DebugServer, Job, JobEvent, JobList, JobSpec, Preview
from mofang_hub.jobs.access import Action, check_access, may_open_shell
from mofang_hub.jobs.admission import Admission
from mofang_hub.jobs.board import Board
from mofang_hub.jobs.engines.engine import JobEngine
from mofang_hub.jobs.engines.kinds import kind_named
from mofang_hub.jobs.engines.reading import read_job
from mofang_hub.jobs.filters import Filter
from mofang_hub.jobs.looks import Looks
from mofang_hub.jobs.models import Caller, JobSeen, MemberRole, Outcome, PodSeen
from mofang_hub.jobs.states import describe_job, job_state
from mofang_hub.jobs.submissions import Submissions
from mofang_hub.logs.store import LogStore
from mofang_kube.errors import ConflictError, NotFoundError
from mofang_kube.names import is_job_id, project_namespace
from mofang_spawner.environments.models import Project

log = structlog.get_logger(__name__)

DEFAULT_PAGE = 100
LONGEST_PAGE = 500
KEEPALIVE_SECONDS = 15.0
LOOK_SECONDS = 3.0
CANCEL_ATTEMPTS = 10

_SUCCEEDED = Outcome.SUCCEEDED


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A job that the caller may do something with."""

    seen: JobSeen
    pods: list[PodSeen]
    role: MemberRole


@dataclass(slots=True, kw_only=True)
class _View:
    """What one watcher was shown."""

    caller: Caller
    project: str
    role: MemberRole
    shown: dict[str, int | None] = field(default_factory=dict)
    """Digest of each known job; None for those that were never shown."""


class JobService:
    """Submits, shows, cancels and deletes jobs for those who may.

    Args:
        board: What is there.
        engine: Who changes it.
        admission: Who may do what.
        submissions: Makes jobs.
        looks: What else is known of jobs.
        logs: Removed with their jobs.
        now: The time.
    """

    def __init__(
        self,
        *,
        board: Board,
        engine: JobEngine,
        admission: Admission,
        submissions: Submissions,
        looks: Looks,
        logs: LogStore,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._board = board
        self._engine = engine
        self._admission = admission
        self._submissions = submissions
        self._looks = looks
        self._logs = logs
        self._now = now

    async def submit(self, caller: Caller, project: str, spec: JobSpec) -> Job:
        """Create a job.

        Raises:
            MofangError: The caller may not, the job may not, or Kubernetes would not.
        """
        allowed, role = await self._allowed(Action.SUBMIT, caller, project)
        obj = await self._submissions.submit(caller, allowed, spec)
        seen = read_job(obj)
        if seen is None:
            raise AssertionError(obj["metadata"]["name"])
        log.info("job submitted", user=caller.name, project=project, job=seen.id)
        return self._describe(seen, caller, role)

    async def preview(self, caller: Caller, project: str, spec: JobSpec) -> Preview:
        """Return what a job would be, without making it."""
        allowed, _ = await self._allowed(Action.SUBMIT, caller, project)
        return await self._submissions.preview(caller, allowed, spec)

    async def list_jobs(
        self,
        caller: Caller,
        project: str,
        *,
        limit: int,
        after: str | None,
        wanted: Filter,
    ) -> JobList:
        """Return a page of the project's jobs, newest first."""
        _, role = await self._allowed(Action.READ, caller, project)
        keys = self._board.list_keys(project)
        if not wanted.is_empty:
            keys = [key for key in keys if self._matches(project, key[1], wanted)]
        total = len(keys)
        if after:
            created, _, job_id = after.partition("~")
            keys = [key for key in keys if key < (created, job_id)]
        page = keys[: max(1, min(limit, LONGEST_PAGE))]
        found = [self._board.find(project, job_id) for _, job_id in page]
        jobs = [each for each in found if each]
        await self._looks.look_at_all(jobs)
        return JobList(
            jobs=[self._describe(each, caller, role) for each in jobs],
            next="~".join(page[-1]) if len(keys) > len(page) else None,
            total=total,
        )

    def _matches(self, project: str, job_id: str, wanted: Filter) -> bool:
        seen = self._board.find(project, job_id)
        return seen is not None and wanted.matches(
            seen, lambda: job_state(seen, self._board.pods_of(seen))
        )

    async def get(self, caller: Caller, project: str, job_id: str) -> Job:
        """Return one job."""
        found = await self.find(Action.READ, caller, project, job_id)
        await self._looks.look(found.seen)
        return self._describe(found.seen, caller, found.role)

    async def debug(self, caller: Caller, project: str, job_id: str) -> DebugServer:
        """Return the notebook server in which a job can be looked into.

        Raises:
            InvalidError: No environment that the caller may use has its image.
        """
        allowed, _ = await self._allowed(Action.SUBMIT, caller, project)
        found = await self.find(Action.READ, caller, project, job_id)
        return self._admission.find_debug_server(caller, allowed, found.seen)

    async def cancel(self, caller: Caller, project: str, job_id: str) -> Job:
        """Ask for the end of a job; one that ended or is ending stays as it is."""
        for _ in range(CANCEL_ATTEMPTS):
            found = await self.find(Action.STOP, caller, project, job_id)
            state = self._describe(found.seen, caller, found.role).state
            if state.is_final or found.seen.cancelled_by:
                return self._describe(found.seen, caller, found.role)
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
            except ConflictError:
                continue
            self._board.put(changed)
            log.info("job cancelled", user=caller.name, project=project, job=job_id)
        raise ConflictError(
            f"The job {job_id} changes too fast to be cancelled just now. Try again."
        )

    async def delete(self, caller: Caller, project: str, job_id: str) -> None:
        """Remove a job, its pods and its logs."""
        await self.find(Action.STOP, caller, project, job_id)
        for obj in self._board.attempts_of(project, job_id):
            metadata = obj["metadata"]
            await self._engine.delete(
                kind_named(obj["kind"]), metadata["namespace"], metadata["name"]
            )
            self._board.drop(obj)
        await self._logs.remove(project, job_id)
        log.info("job deleted", user=caller.name, project=project, job=job_id)

    async def watch(
        self, caller: Caller, project: str
    ) -> AsyncGenerator[JobEvent | None]:
        """Yield changes of the project's jobs, and None where nothing happens."""
        _, role = await self._allowed(Action.READ, caller, project)
        view = _View(caller=caller, project=project, role=role)
        with self._board.subscribed(project) as subscription:
            view.shown = {job_id: None for _, job_id in self._board.list_keys(project)}
            yield None
            quiet = 0.0
            while True:
                changed = await subscription.take(LOOK_SECONDS)
                changed |= await self._look_at_waiting(project)
                quiet = 0.0 if changed else quiet + LOOK_SECONDS
                for job_id, gone in changed.items():
                    event = self._event(view, job_id, gone)
                    if event:
                        yield event
                if quiet >= KEEPALIVE_SECONDS:
                    # Who lost the project meanwhile must not go on watching it.
                    await self._allowed(Action.READ, caller, project)
                    quiet = 0.0
                    yield None

    async def find(
        self, action: Action, caller: Caller, project: str, job_id: str
    ) -> Found:
        """Return a job with which the caller may do the action.

        Raises:
            NotFoundError: There is no such project or job for the caller.
            ForbiddenError: The caller may not do it.
        """
        allowed, role = await self._allowed(Action.READ, caller, project)
        seen = self._board.find(project, job_id)
        if seen is None and is_job_id(job_id):
            seen = await self._find_unseen(project_namespace(allowed.name), job_id)
        if seen is None:
            raise _no_such_job(project, job_id)
        check_access(action, caller, project=project, role=role, owner=seen.owner)
        return Found(seen=seen, pods=self._board.pods_of(seen), role=role)

    async def _allowed(
        self, action: Action, caller: Caller, project: str
    ) -> tuple[Project, MemberRole]:
        await self._board.ready()
        return await self._admission.check_project(action, caller, project)

    async def _find_unseen(self, namespace: str, job_id: str) -> JobSeen | None:
        """Look for a job that another copy of this service made a moment ago."""
        for kind in self._board.kinds:
            obj = await self._engine.find(kind, namespace, job_id)
            seen = read_job(obj) if obj else None
            if obj and seen:
                self._board.put(obj)
                return seen
        return None

    def _forget(self, seen: JobSeen) -> None:
        obj = self._board.find_object(seen.project, seen.id)
        if obj:
            self._board.drop(obj)

    def _describe(self, seen: JobSeen, caller: Caller, role: MemberRole) -> Job:
        shell = may_open_shell(caller, role, seen.owner)
        return describe_job(
            seen, self._board.pods_of(seen), self._looks.around(seen, shell=shell)
        )

    def _event(self, view: _View, job_id: str, gone: JobSeen | None) -> JobEvent | None:
        """Return what is new of a job since it was last shown, and note it."""
        is_known = job_id in view.shown
        before = view.shown.pop(job_id, None)
        seen = self._board.find(view.project, job_id)
        if seen is None:
            if gone is None or not is_known:
                return None
            job = self._describe(gone, view.caller, view.role)
            return JobEvent(type="deleted", job=job)
        job = self._describe(seen, view.caller, view.role)
        # A digest is remembered and not the job: there may be thousands of them.
        view.shown[job_id] = hash(job.model_dump_json())
        if view.shown[job_id] == before:
            return None
        return JobEvent(type="modified" if is_known else "added", job=job)

    async def _look_at_waiting(self, project: str) -> dict[str, JobSeen | None]:
        """Look at jobs that have not ended; return those with news."""
        news: dict[str, JobSeen | None] = {}
        for seen in self._board.list_unfinished(project):
            if await self._looks.look(seen):
                news[seen.id] = None
        return news


def _no_such_job(project: str, job_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no job {job_id[:80]} in {project}. Look at the list of jobs; those "
        "that ended long ago are removed."
    )
