"""Remove code snapshots that no job will read again. Sends nothing: clients do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mofang import endpoints
from mofang.archives import KEPT, old_snapshots, remove_old_snapshots, use_snapshot
from mofang.endpoints import Call, JobFilter
from mofang.errors import ConfigurationError, MofangError, RefusedError
from mofang.settings import ClientSettings
from mofang_api.models import JobList, JobSpec, JobState

PAGE = 100
MAX_PAGES = 10


class SnapshotCollector:
    """Removes old copies of code, but those of jobs that have not ended.

    Nothing is asked of the platform while nothing is old. A copy goes only if all
    unfinished jobs are known of each project that it was used in: one too many costs
    space, one too few costs a job::

        while collector.call is not None:
            collector.took(send(collector.call))  # or collector.failed(error)
        collector.finish()
    """

    def __init__(
        self,
        settings: ClientSettings,
        home: Path | None = None,
        kept: timedelta = KEPT,
    ) -> None:
        self._home = home or Path.home()
        self._old = old_snapshots(self._home, kept=kept)
        self._projects = sorted(set().union(*self._old.values()))
        self._known: set[str] = set()
        self._in_use: set[str] = set()
        self._after: str | None = None
        self._pages = 0
        self._wanted = JobFilter(
            state=[each.value for each in JobState if not each.is_final]
        )
        if settings.user:
            # Nobody else's job reads from this home.
            self._wanted["owner"] = settings.user

    @property
    def call(self) -> Call[JobList] | None:
        """What to ask next; None if all is known that can be."""
        if not self._projects:
            return None
        return endpoints.list_jobs(self._projects[0], PAGE, self._after, self._wanted)

    @property
    def unneeded(self) -> set[str]:
        """Which may go, by what is known so far."""
        return {
            name
            for name, projects in self._old.items()
            if projects <= self._known and name not in self._in_use
        }

    def took(self, page: JobList) -> None:
        """Note what the platform answered."""
        self._in_use |= {job.spec.code.snapshot for job in page.jobs if job.spec.code}
        self._after = page.next
        self._pages += 1
        if page.next is None:
            self._known.add(self._projects[0])
        if page.next is None or self._pages == MAX_PAGES:
            self._go_on()

    def failed(self, error: MofangError) -> None:
        """Note that it did not; who may not see a project may see the next."""
        if isinstance(error, RefusedError):
            self._go_on()
        else:
            self._projects.clear()

    def finish(self) -> int:
        """Remove what may go; return how many that were."""
        if not self._old:
            return 0
        return remove_old_snapshots(self._home, self.unneeded)

    def _go_on(self) -> None:
        del self._projects[0]
        self._after, self._pages = None, 0


def keep_code(spec: JobSpec, settings: ClientSettings) -> None:
    """Note in which project a job needs its code, before it is submitted.

    Raises:
        ConfigurationError: The code is not kept, or that cannot be noted.
    """
    if spec.code is None or not settings.is_inside:
        return
    try:
        use_snapshot(spec.code.snapshot, settings.project, Path.home())
    except OSError as error:
        raise ConfigurationError(
            f"The copy of the job's code cannot be used: {error.strerror or error}. "
            "Copy it anew with a snapshot, or use the code in place."
        ) from error
