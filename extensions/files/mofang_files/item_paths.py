"""Remove one path of an item, or put it back; whatever is in the way is a sentence.

A path is one file or directory as a survey found it. Each function opens the directory
that has it by itself and looks whether it is still the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mofang_files.confined import DIRECTORY, names_in, opened
from mofang_files.copying import copy_new
from mofang_files.errors import FilesError, from_os
from mofang_files.kinds import Parts
from mofang_files.removal import Freed, remove
from mofang_files.roots import SNAPSHOTS
from mofang_files.survey import ItemPath
from mofang_files.trash import Trash

_SNAPSHOT = re.compile(r"mofang-requested-\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What is gone from its place."""

    parts: Parts
    bytes: int
    """That this gave back."""
    name: str = ""
    """In the Trash; empty where it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What was left, wholly or in part, and why."""

    parts: Parts
    reason: str

    def as_json(self) -> dict[str, str]:
        """Return it as it is answered."""
        return {"path": "/".join(self.parts), "reason": self.reason}


def is_snapshot_name(name: str) -> bool:
    """Say whether a snapshot may be called so that was asked for."""
    return _SNAPSHOT.fullmatch(name) is not None


def is_kept(home: Path, snapshot: str) -> bool:
    """Say whether a snapshot of a home is to be seen in it."""
    if not is_snapshot_name(snapshot):
        return False
    with suppress(OSError), opened(home, (SNAPSHOTS, snapshot)):
        return True
    return False


def remove_path(
    home: Path, path: ItemPath, snapshot: str
) -> tuple[Removed | None, Skipped | None]:
    """Remove what an item has at a path.

    Args:
        home: That it is in.
        path: Which one.
        snapshot: That must have it; empty to remove it for good.

    Returns:
        What is gone, also where it is a part, and what is left.
    """
    freed = Freed()

    def act() -> None:
        with opened(home, path.parts[:-1]) as parent:
            _check(parent, path)
            if snapshot:
                _check_kept(home, path.parts, snapshot)
            remove(parent, path.parts[-1], freed)

    fault = _tried(path.parts, act, "It was not removed")
    if not freed.files:
        return None, fault
    return Removed(parts=path.parts, bytes=freed.bytes), fault


def put_in_trash(trash: Trash, path: ItemPath) -> tuple[Removed | None, Skipped | None]:
    """Move what an item has at a path to the Trash."""
    moved: list[str] = []

    def act() -> None:
        with opened(trash.root, path.parts[:-1]) as parent:
            _check(parent, path)
            moved.append(trash.put(parent, path.parts))

    fault = _tried(path.parts, act, "It was not moved to the Trash")
    if fault is not None:
        return None, fault
    return Removed(parts=path.parts, bytes=0, name=moved[0]), None


def remove_trashed(trash: Trash, removed: Removed) -> tuple[int, Skipped | None]:
    """Delete permanently what is in the Trash; return the bytes that this frees."""
    freed = Freed()

    def act() -> None:
        with trash.removing(removed.name) as files:
            remove(files, removed.name, freed)

    fault = _tried(removed.parts, act, "It was not deleted")
    return freed.bytes, fault


def restore_trashed(trash: Trash, removed: Removed) -> Skipped | None:
    """Move something back from the Trash; return why not."""

    def act() -> None:
        with opened(trash.root, removed.parts[:-1]) as parent:
            trash.undo_put(removed.name, parent, removed.parts[-1])

    return _tried(removed.parts, act, "It was not put back")


def restore_path(home: Path, removed: Removed, snapshot: str) -> Skipped | None:
    """Copy what is missing at a path from a snapshot; return why not.

    What is there again stays as it is; of directories what they lack is added.

    Args:
        home: Its path.
        removed: What was removed.
        snapshot: Its name, as the home shows it.
    """
    *folders, name = removed.parts

    def act() -> None:
        with (
            opened(home, (SNAPSHOTS, snapshot, *folders)) as source,
            opened(home, folders) as parent,
        ):
            _restore(source, parent, name)

    return _tried(removed.parts, act, "It was not put back")


def _restore(source: int, parent: int, name: str) -> None:
    """Copy what a directory lacks.

    Raises:
        FileExistsError: Something that is no directory has the name.
    """
    try:
        folder = os.open(name, DIRECTORY, dir_fd=parent)
    except FileNotFoundError:
        copy_new(source, name, parent, name)
        return
    except OSError as err:
        raise FileExistsError from err
    try:
        kept = os.open(name, DIRECTORY, dir_fd=source)
        try:
            for each in names_in(kept):
                with suppress(FileExistsError):
                    _restore(kept, folder, each)
        finally:
            os.close(kept)
    finally:
        os.close(folder)


def _check(parent: int, path: ItemPath) -> None:
    """Refuse what is not what was listed.

    Raises:
        FilesError: Says so.
    """
    try:
        status = os.stat(path.parts[-1], dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError as err:
        raise FilesError("It is gone already.") from err
    if (status.st_dev, status.st_ino) != (path.device, path.inode):
        raise FilesError("Another has taken its place since it was listed.")


def _check_kept(home: Path, parts: Parts, snapshot: str) -> None:
    try:
        with opened(home, (SNAPSHOTS, snapshot, *parts[:-1])) as folder:
            os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError as err:
        raise FilesError("The snapshot does not have it, so it stays.") from err


def _tried(parts: Parts, act: Callable[[], None], failed: str) -> Skipped | None:
    try:
        act()
    except FileExistsError:
        reason = "Something of that name is there again, and stays."
    except FilesError as err:
        reason = str(err)
    except FileNotFoundError:
        reason = f"{failed}: it is gone, or the directory that had it is."
    except OSError as err:
        reason = str(from_os(err, failed))
    else:
        return None
    return Skipped(parts=parts, reason=reason)
