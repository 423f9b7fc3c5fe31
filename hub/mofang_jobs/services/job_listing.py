"""Show jobs: one, a page of them, and their changes as they come."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Literal

from mofang_api.models import Job
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.job_filter import Filter
from mofang_jobs.domain.models import Caller, MemberRole, ObservedJob
from mofang_jobs.domain.status import job_state
from mofang_jobs.services.job_lookup import JobLookup
from mofang_jobs.services.job_status import DescribedJob, JobStatusService

DEFAULT_PAGE = 100
LONGEST_PAGE = 500
KEEPALIVE_SECONDS = 15.0
POLL_SECONDS = 3.0


@dataclass(slots=True, kw_only=True)
class _View:
    """What one watcher was shown."""

    caller: Caller
    project: str
    role: MemberRole
    shown: dict[str, int | None] = field(default_factory=dict)
    """Digest of each known job; None for those that were never shown."""

    revisions: dict[str, int] = field(default_factory=dict)
    """Of the status inputs of each unfinished job, when the watcher was last told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One page of a project's jobs, newest first: a ``JobList``."""

    jobs: list[DescribedJob]
    next: str | None
    """What to send as ``after`` for the next page; None on the last one."""

    total: int

    def to_json(self) -> str:
        """Return it as ``JobList.model_dump_json`` does, of what is JSON already."""
        jobs = ",".join(each.json for each in self.jobs)
        return (
            f'{{"jobs":[{jobs}],"next":{json.dumps(self.next)},"total":{self.total}}}'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """One change, as the watch tells it: a ``JobEvent``."""

    type: Literal["added", "modified", "deleted"]
    job: DescribedJob

    def to_json(self) -> str:
        """Return it as ``JobEvent.model_dump_json`` does."""
        return f'{{"type":"{self.type}","job":{self.job.json}}}'


class JobListing:
    """Shows jobs to those who may see them.

    Args:
        lookup: Who may do what with which job.
        cache: Jobs, pods and nodes as last observed.
        job_status: What else is known of jobs.
    """

    def __init__(
        self, lookup: JobLookup, cache: JobCache, job_status: JobStatusService
    ) -> None:
        self._lookup = lookup
        self._cache = cache
        self._job_status = job_status

    async def list_jobs(
        self,
        caller: Caller,
        project: str,
        *,
        limit: int,
        after: str | None,
        wanted: Filter,
    ) -> JobPage:
        """Return a page of the project's jobs, newest first.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            limit: Maximum number of jobs of the page.
            after: Cursor of the previous page; None for the first page.
            wanted: Filter; empty for all.
        """
        _, role = await self._lookup.authorize(Action.READ, caller, project)
        keys = self._cache.list_keys(project)
        if not wanted.is_empty:
            keys = [key for key in keys if self._matches(project, key[1], wanted)]
        total = len(keys)
        if after:
            created, _, job_id = after.partition("~")
            keys = [key for key in keys if key < (created, job_id)]
        page = keys[: max(1, min(limit, LONGEST_PAGE))]
        found = [self._cache.find(project, job_id) for _, job_id in page]
        jobs = [each for each in found if each]
        await self._job_status.refresh_all(jobs)
        return JobPage(
            jobs=[self._lookup.describe(each, caller, role) for each in jobs],
            next="~".join(page[-1]) if len(keys) > len(page) else None,
            total=total,
        )

    def _matches(self, project: str, job_id: str, wanted: Filter) -> bool:
        job = self._cache.find(project, job_id)
        return job is not None and wanted.matches(
            job, lambda: job_state(job, self._cache.pods_of(job))
        )

    async def get(self, caller: Caller, project: str, job_id: str) -> Job:
        """Return one job.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job_id: Id of the job, such as ``digits-x1y2z3``.
        """
        found = await self._lookup.find(Action.READ, caller, project, job_id)
        await self._job_status.refresh(found.job)
        return self._lookup.describe(found.job, caller, found.role).job

    async def watch(
        self, caller: Caller, project: str, *, poll_seconds: float = POLL_SECONDS
    ) -> AsyncGenerator[JobChange | None]:
        """Yield changes of the project's jobs, and None where nothing happens.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            poll_seconds: How often to look for what no object shows.
        """
        _, role = await self._lookup.authorize(Action.READ, caller, project)
        view = _View(caller=caller, project=project, role=role)
        with self._cache.subscribed(project) as subscription:
            view.shown = {job_id: None for _, job_id in self._cache.list_keys(project)}
            view.revisions = {
                job.id: self._job_status.revision(job)
                for job in self._cache.list_unfinished(project)
            }
            yield None
            checked = time.monotonic()
            while True:
                changed = await subscription.wait(poll_seconds)
                changed |= await self._refresh_unfinished(view)
                for job_id, gone in changed.items():
                    event = self._event(view, job_id, gone)
                    if event:
                        yield event
                if time.monotonic() - checked >= KEEPALIVE_SECONDS:
                    # Who lost the project meanwhile must not go on watching it.
                    await self._lookup.authorize(Action.READ, caller, project)
                    checked = time.monotonic()
                    yield None

    def _event(
        self, view: _View, job_id: str, gone: ObservedJob | None
    ) -> JobChange | None:
        """Return what is new of a job since it was last shown, and note it."""
        is_known = job_id in view.shown
        before = view.shown.pop(job_id, None)
        job = self._cache.find(view.project, job_id)
        if job is None:
            if gone is None or not is_known:
                return None
            described = self._lookup.describe(gone, view.caller, view.role)
            return JobChange(type="deleted", job=described)
        described = self._lookup.describe(job, view.caller, view.role)
        # A digest is remembered and not the described: there may be thousands of them.
        view.shown[job_id] = hash(described.json)
        if view.shown[job_id] == before:
            return None
        return JobChange(type="modified" if is_known else "added", job=described)

    async def _refresh_unfinished(self, view: _View) -> dict[str, ObservedJob | None]:
        """Look at jobs that have not ended; return those that are news to a watcher."""
        news: dict[str, ObservedJob | None] = {}
        jobs = self._cache.list_unfinished(view.project)
        await self._job_status.refresh_all(jobs, within=0)
        before, view.revisions = view.revisions, {}
        for job in jobs:
            revision = view.revisions[job.id] = self._job_status.revision(job)
            if before.get(job.id, revision) != revision:
                news[job.id] = None
        return news
