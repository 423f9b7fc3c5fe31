"""Let go of copies of code that no job will read again."""

from __future__ import annotations

from pathlib import Path

from mofang.calls import JobFilter
from mofang.client import Client
from mofang.errors import MofangError
from mofang.models import JobState
from mofang.snapshot import old_snapshots, remove_old_snapshots

PAGE = 100
MAX_PAGES = 10


def tidy_snapshots(client: Client, home: Path | None = None) -> int:
    """Remove old copies of code, but those of jobs that have not ended.

    Nothing is asked of the platform while nothing is old, and nothing is removed
    unless all unfinished jobs are known: a copy too many costs space, one too few
    costs a job.

    Returns:
        How many were removed.
    """
    home = home or Path.home()
    if not old_snapshots(home):
        return 0
    in_use = _snapshots_in_use(client)
    return 0 if in_use is None else remove_old_snapshots(home, in_use)


def _snapshots_in_use(client: Client) -> set[str] | None:
    wanted = JobFilter(state=[each.value for each in JobState if not each.is_final])
    if client.settings.user:
        # Nobody else's job reads from this home.
        wanted["owner"] = client.settings.user
    found: set[str] = set()
    after: str | None = None
    for _ in range(MAX_PAGES):
        try:
            page = client.list_jobs(PAGE, after, **wanted)
        except MofangError:
            # The submission itself went well; tidying waits for the next one.
            return None
        found |= {job.spec.code.snapshot for job in page.jobs if job.spec.code}
        after = page.next
        if after is None:
            return found
    return None
