"""Previous versions of a file or directory, in the snapshots that show it.

A snapshot of all homes shows each home its own part, in the ``.snap`` of any directory
of it: what is read here is what this server mounts, and nothing of anybody else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mofang_files.errors import AbsentError
from mofang_files.roots import SNAPSHOTS
from mofang_files.snapshots import (
    ListedSnapshot,
    SnapshotEntry,
    Snapshots,
    parse_snapshot,
)

_DELETED = 200
NO_SNAPSHOTS = (
    "This file system keeps no previous versions. Keep your work in git, or ask an "
    "administrator for storage with snapshots."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A file or directory as a snapshot has it."""

    snapshot: str
    taken: str
    """Time of the snapshot, ISO 8601."""
    modified: str
    size: int
    is_directory: bool
    current: bool
    """Whether it is as it is now."""


def list_versions(snapshots: Snapshots, path: Path) -> list[Version]:
    """Return the versions of what has a path, the newest first.

    Snapshots between which it was not changed are one version: the newest of them.

    Args:
        snapshots: Of the directory that it is in.
        path: Absolute, without links but the last part.

    Raises:
        OSError: A snapshot cannot be read.
    """
    found = snapshots.find(path.name)
    now = snapshots.entry(str(path))

    def is_new(pair: tuple[SnapshotEntry | None, SnapshotEntry | None]) -> bool:
        entry, newer = pair
        return entry is not None and not snapshots.is_same_version(entry, newer)

    def version(of: tuple[ListedSnapshot, SnapshotEntry]) -> Version:
        snapshot, entry = of
        return Version(
            snapshot=snapshot.name,
            taken=snapshot.taken.isoformat(),
            modified=datetime.fromtimestamp(entry.state.st_mtime, tz=UTC).isoformat(),
            size=entry.state.st_size,
            is_directory=entry.is_directory,
            current=snapshots.is_same_version(entry, now),
        )

    new = snapshots.concurrently(is_new, zip(found, [None, *found], strict=False))
    kept = zip(snapshots.all, found, new, strict=True)
    return snapshots.concurrently(
        version,
        ((snapshot, entry) for snapshot, entry, is_one in kept if entry and is_one),
    )


def list_deleted(snapshots: Snapshots, directory: Path) -> list[dict[str, object]]:
    """Return what a directory had and has no more, each with its last snapshot.

    Args:
        snapshots: Of the directory itself.
        directory: Absolute, without links.

    Raises:
        OSError: A snapshot cannot be read.
    """
    present = {each.name for each in os.scandir(directory)}
    newer = snapshots.entry(str(directory))
    changed: list[ListedSnapshot] = []
    for snapshot, entry in zip(snapshots.all, snapshots.find(), strict=True):
        # What is unchanged has the same entries, and nothing else to say.
        if entry and not (newer and entry.is_unchanged_from(newer)):
            changed.append(snapshot)
        newer = entry
    found: dict[str, dict[str, object]] = {}
    listed = snapshots.concurrently(snapshots.list_directory, changed)
    for snapshot, entries in zip(changed, listed, strict=True):
        for name, is_directory in entries:
            if name not in present and name not in found:
                found[name] = {
                    "name": name,
                    "snapshot": snapshot.name,
                    "taken": snapshot.taken.isoformat(),
                    "is_directory": is_directory,
                }
        if len(found) >= _DELETED:
            break
    return sorted(found.values(), key=lambda each: str(each["taken"]), reverse=True)


def version_path(path: Path, snapshot: str) -> Path:
    """Return where a snapshot has what has a path.

    Args:
        path: Absolute, without links but the last part.
        snapshot: As ``list_versions`` names it.

    Raises:
        FilesError: It names no snapshot of the platform's.
        AbsentError: The snapshot does not have it, or is gone.
    """
    found = path.parent / SNAPSHOTS / parse_snapshot(snapshot).name / path.name
    try:
        found.lstat()
    except OSError as err:
        raise AbsentError(
            f"The version of {path.name} is not there any more. Choose another."
        ) from err
    return found
