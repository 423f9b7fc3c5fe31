"""Previous versions of a file or directory, in the snapshots that show it.

A snapshot of all homes shows each home its own part, in the ``.snap`` of any directory
of it: what is read here is what this server mounts, and nothing of anybody else.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mofang_files.errors import AbsentError, FilesError
from mofang_files.roots import SNAPSHOTS

_NAME = re.compile(r"_?mofang-[a-z]+-(\d{8}T\d{6}Z)(?:_\d+)?")
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


def has_snapshots(directory: Path) -> bool:
    """Say whether the file system of a directory keeps snapshots."""
    return (directory / SNAPSHOTS).is_dir()


def list_versions(path: Path) -> list[Version]:
    """Return the versions of what has a path, the newest first.

    Snapshots between which it was not changed are one version: the newest of them.

    Args:
        path: Absolute, without links but the last part.
    """
    now = _state(path)
    found: list[Version] = []
    last: tuple[int, int, int] | None = None
    for name, taken in _snapshots(path.parent):
        state = _state(path.parent / SNAPSHOTS / name / path.name)
        if state is None:
            last = None
            continue
        key = (state.st_mode, state.st_size, state.st_mtime_ns)
        is_directory = stat.S_ISDIR(state.st_mode)
        # Of a directory the time says nothing about what is below it.
        if key == last and not is_directory:
            continue
        last = key
        found.append(
            Version(
                snapshot=name,
                taken=taken.isoformat(),
                modified=_time(state).isoformat(),
                size=state.st_size,
                is_directory=is_directory,
                current=not is_directory
                and now is not None
                and key == (now.st_mode, now.st_size, now.st_mtime_ns),
            )
        )
    return found


def list_deleted(directory: Path) -> list[dict[str, object]]:
    """Return what a directory had and has no more, each with its last snapshot.

    Args:
        directory: Absolute, without links.
    """
    try:
        present = {each.name for each in os.scandir(directory)}
    except OSError:
        return []
    found: dict[str, dict[str, object]] = {}
    for name, taken in _snapshots(directory):
        try:
            with os.scandir(directory / SNAPSHOTS / name) as entries:
                for each in entries:
                    if each.name in present or each.name in found:
                        continue
                    found[each.name] = {
                        "name": each.name,
                        "snapshot": name,
                        "taken": taken.isoformat(),
                        "is_directory": each.is_dir(follow_symlinks=False),
                    }
        except OSError:
            # It was made after that snapshot, or the snapshot was just removed.
            continue
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
    if _NAME.fullmatch(snapshot) is None:
        raise FilesError(f"{snapshot!r} names no snapshot.")
    found = path.parent / SNAPSHOTS / snapshot / path.name
    if _state(found) is None:
        raise AbsentError(
            f"The version of {path.name} is not there any more. Choose another."
        )
    return found


def _snapshots(directory: Path) -> Iterator[tuple[str, datetime]]:
    """Yield the platform's snapshots that show a directory, the newest first."""
    try:
        names = [each.name for each in os.scandir(directory / SNAPSHOTS)]
    except OSError:
        return
    found = []
    for name in names:
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        taken = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        found.append((taken, name))
    for taken, name in sorted(found, reverse=True):
        yield name, taken


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _time(state: os.stat_result) -> datetime:
    return datetime.fromtimestamp(state.st_mtime, tz=UTC)
