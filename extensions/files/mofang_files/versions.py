"""Previous versions of a file or directory, in the snapshots that show it.

A snapshot of all homes shows each home its own part, in the ``.snap`` of any directory
of it: what is read here is what this server mounts, and nothing of anybody else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from mofang_files.confined import opened
from mofang_files.errors import AbsentError, FilesError, from_os
from mofang_files.roots import SNAPSHOTS, ConfinedPath, Roots
from mofang_files.snapshots import (
    NOW,
    ListedSnapshot,
    SnapshotEntry,
    Snapshots,
    opened_snapshots,
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


def find_versions(roots: Roots, text: str) -> dict[str, object]:
    """Return the versions of what a path means, and what it has lost as a directory.

    Args:
        roots: That it may be in.
        text: Path of the file browser.

    Raises:
        FilesError: It is in none of them, or cannot be read.
    """
    path = roots.find(text)
    top = path.root.path
    versions: list[Version] = []
    deleted: list[dict[str, object]] = []
    has_snapshots = False
    # What is above a root is not mounted: the root itself has no versions.
    if path.parts:
        with opened_snapshots(top, path.parts[:-1]) as snapshots:
            if snapshots is not None:
                has_snapshots = True
                versions = list_versions(snapshots, path.name)
    with opened_snapshots(top, path.parts) as snapshots:
        if snapshots is not None:
            has_snapshots = True
            deleted = list_deleted(snapshots)
    return {
        "reason": "" if has_snapshots else NO_SNAPSHOTS,
        "versions": [asdict(each) for each in versions],
        "deleted": deleted,
    }


def list_versions(snapshots: Snapshots, name: str) -> list[Version]:
    """Return the versions of what has a name, the newest first.

    Snapshots between which it was not changed are one version: the newest of them.

    Args:
        snapshots: Of the directory that it is in.
        name: In that directory.

    Raises:
        OSError: A snapshot cannot be read.
    """
    found = snapshots.find(name)
    now = snapshots.entry(NOW, name)

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


def list_deleted(snapshots: Snapshots) -> list[dict[str, object]]:
    """Return what a directory had and has no more, each with its last snapshot.

    Args:
        snapshots: Of the directory itself.

    Raises:
        OSError: A snapshot cannot be read.
    """
    present = {name for name, _ in snapshots.list_directory(NOW)}
    newer = snapshots.entry(NOW)
    changed: list[ListedSnapshot] = []
    for snapshot, entry in zip(snapshots.all, snapshots.find(), strict=True):
        # What is unchanged has the same entries, and nothing else to say.
        if entry and not (newer and entry.is_unchanged_from(newer)):
            changed.append(snapshot)
        newer = entry
    found: dict[str, dict[str, object]] = {}
    listed = snapshots.concurrently(
        snapshots.list_directory, [each.name for each in changed]
    )
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


@contextmanager
def opened_version(path: ConfinedPath, snapshot: str) -> Iterator[int]:
    """Open the directory of a snapshot that has a version; its name is that of now.

    Args:
        path: Whose version it is.
        snapshot: As ``list_versions`` names it.

    Raises:
        FilesError: It names no snapshot of the platform's.
        AbsentError: The snapshot does not have it, or is gone.
    """
    if not path.parts:
        raise FilesError(f"{path.name} itself has no versions.")
    above = (*path.parts[:-1], SNAPSHOTS, parse_snapshot(snapshot).name)
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(opened(path.root.path, above))
            os.stat(path.name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError) as err:
            raise AbsentError(
                f"The version of {path.name} is not there any more. Choose another."
            ) from err
        except OSError as err:
            raise from_os(err, f"The version of {path.name} cannot be read") from err
        yield folder
