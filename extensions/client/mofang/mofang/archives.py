"""The copies of code in a home: where they lie, who used them, which are old.

One home serves all projects of its owner, so an archive lies beside a mark for each
project that it was used in. Without marks nobody can know who needs it, and it stays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

KEPT = timedelta(days=30)
"""How long an archive stays that no unfinished job needs; so long as its logs."""

MAX_REMOVED = 50
"""So that nobody waits for a submission because of many old archives."""

DRAFT_PREFIX = ".draft-"
_DRAFT_AGE = timedelta(days=1)

_ARCHIVE = re.compile(r"([0-9a-f]{64})\.tar")
_PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def archive_of(snapshot: str, home: Path) -> Path:
    """Return where a snapshot is kept."""
    return home / ".mofang" / "code" / f"{snapshot}.tar"


def use_snapshot(snapshot: str, project: str, home: Path) -> None:
    """Note that a job of a project is to run this code; its age counts from now.

    Args:
        snapshot: SHA-256 of the archive, as a hexadecimal text.
        project: A name that no project can have is passed over.
        home: The person's home.

    Raises:
        OSError: It is not kept here, or that cannot be noted.
    """
    archive = archive_of(snapshot, home)
    os.utime(archive)
    # In a project of another name no job can be.
    if _PROJECT.fullmatch(project):
        archive.with_name(f"{snapshot}.used-in.{project}").touch(mode=0o600)


def old_snapshots(
    home: Path, now: datetime | None = None, kept: timedelta = KEPT
) -> dict[str, set[str]]:
    """Return the snapshots that nobody made or used for a while, oldest first.

    Args:
        home: Where they are.
        now: For the age of what is there.
        kept: The while.

    Returns:
        For each the projects in which it was used; those of which none is known are
        left out.
    """
    limit = ((now or datetime.now(UTC)) - kept).timestamp()
    ages = []
    for path in archive_of("", home).parent.glob("*.tar"):
        match = _ARCHIVE.fullmatch(path.name)
        changed = _changed(path)
        if match and changed is not None and changed < limit:
            ages.append((changed, match[1]))
    projects = {name: _projects(name, home) for _, name in sorted(ages)}
    return {name: known for name, known in projects.items() if known}


def remove_old_snapshots(
    home: Path, unneeded: Collection[str], now: datetime | None = None
) -> int:
    """Remove archives that nobody needs, and what interrupted copies left.

    Args:
        home: Where they are.
        unneeded: Which may go; those stay that were used meanwhile.
        now: For the age of what is there.

    Returns:
        How many went; at most ``MAX_REMOVED``, the rest goes the next time.
    """
    now = now or datetime.now(UTC)
    old = [name for name in old_snapshots(home, now) if name in unneeded]
    paths = [archive_of(name, home) for name in old[:MAX_REMOVED]]
    folder = archive_of("", home).parent
    for draft in folder.glob(f"{DRAFT_PREFIX}*"):
        changed = _changed(draft)
        if changed is not None and changed < (now - _DRAFT_AGE).timestamp():
            paths.append(draft)
    return sum(_remove(path) for path in paths)


def _remove(path: Path) -> bool:
    # What cannot be removed costs space; the job is submitted all the same.
    with suppress(OSError):
        path.unlink(missing_ok=True)
        for mark in path.parent.glob(f"{path.stem}.used-in.*"):
            mark.unlink(missing_ok=True)
        return True
    return False


def _projects(snapshot: str, home: Path) -> set[str]:
    marks = archive_of("", home).parent.glob(f"{snapshot}.used-in.*")
    names = {mark.name.split(".", 2)[2] for mark in marks}
    return {name for name in names if _PROJECT.fullmatch(name)}


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        # Another notebook of the same owner removed it meanwhile.
        return None
