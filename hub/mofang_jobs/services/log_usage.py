"""What the logs of jobs take, told to those who may see the jobs."""

from __future__ import annotations

from typing import Any

from cachetools import TTLCache

from mofang_api.models import LogUsage
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.log_usage import LogUsageReader
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.models import Caller
from mofang_jobs.services.job_lookup import JobLookup
from mofang_storage.base import Usage

KNOWN_SECONDS = 60.0
_MOST_KNOWN = 10_000


class LogUsageService:
    """Says what a person's jobs take of a project's budget for logs.

    The project's own figures are the reconciler's, which counts them anyway.

    Args:
        lookup: Who may do what.
        cache: Jobs as last observed.
        reader: Counts.
        seconds: How long a count is good for.
    """

    def __init__(
        self,
        lookup: JobLookup,
        cache: JobCache,
        reader: LogUsageReader,
        *,
        seconds: float = KNOWN_SECONDS,
    ) -> None:
        self._lookup = lookup
        self._cache = cache
        self._reader = reader
        self._known: TTLCache[tuple[str, str], tuple[int, Usage]] = TTLCache(
            _MOST_KNOWN, ttl=seconds
        )

    async def read(self, caller: Caller, project: str) -> LogUsage:
        """Return what the logs of a project, and of the caller's jobs in it, take.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.

        Raises:
            MofangError: The caller may not see the project's jobs.
        """
        allowed, _ = await self._lookup.authorize(Action.READ, caller, project)
        jobs, own = await self._own(caller.name, project)
        status: dict[str, Any] = allowed.storage.get("logs") or {}
        usage, quota = status.get("usage") or {}, status.get("quota") or {}
        return LogUsage(
            bytes=usage.get("bytes"),
            complete=usage.get("complete", True),
            limit=quota.get("bytes"),
            enforced=quota.get("enforced", False),
            own_bytes=own.bytes,
            own_complete=own.complete,
            own_jobs=jobs,
        )

    async def _own(self, user: str, project: str) -> tuple[int, Usage]:
        known = self._known.get((user, project))
        if known is None:
            jobs = self._cache.list_owned(project, user)
            known = len(jobs), await self._reader.read(project, jobs)
            self._known[user, project] = known
        return known
