"""Restore a version beside what is there, or in its place; undo the latter.

What is replaced is moved within the same root to ``.mofang/replaced/<id>``, and moved
back by an undo. It is kept for a week.
"""

from __future__ import annotations

import re
import secrets
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from mofang_files.errors import AbsentError, FilesError, from_os
from mofang_files.roots import Root

_REPLACED = Path(".mofang", "replaced")
_KEPT_SECONDS = 7 * 24 * 3600
_ID = re.compile(r"[0-9a-f]{16}")


def restore_beside(version: Path, path: Path, taken: str) -> Path:
    """Copy a version to a new name beside the path; return it.

    Args:
        version: Where the snapshot has it.
        path: Whose version it is.
        taken: Time of the snapshot, for the name.

    Raises:
        FilesError: It cannot be copied; nothing is left then.
    """
    stem, suffix = path.stem, path.suffix
    label = re.sub(r"[^0-9T-]", "", taken.replace(":", "-"))[:16]
    for number in range(1, 100):
        again = "" if number == 1 else f" {number}"
        target = path.with_name(f"{stem} ({label}{again}){suffix}")
        if not target.exists() and not target.is_symlink():
            copy_version(version, target, path.name)
            return target
    raise FilesError(f"There are too many versions beside {path.name}. Delete some.")


def restore_in_place(version: Path, path: Path, root: Root) -> str:
    """Put a version in the place of what is there; return the id of the undo.

    Args:
        version: Where the snapshot has it.
        path: Whose version it is.
        root: That it is in.

    Raises:
        FilesError: It cannot be done; all is as it was then.
    """
    _forget_old(root)
    undo = secrets.token_hex(8)
    kept = root.path / _REPLACED / undo
    try:
        kept.mkdir(parents=True)
        (kept / "path").write_text(str(path.relative_to(root.path)), encoding="utf-8")
    except OSError as err:
        raise from_os(err, f"{path.name} was not restored") from err
    copy_version(version, kept / "new", path.name)
    try:
        if path.exists() or path.is_symlink():
            path.rename(kept / "old")
        (kept / "new").rename(path)
    except OSError as err:
        with suppress(OSError):
            (kept / "old").rename(path)
        raise from_os(err, f"{path.name} was not restored") from err
    return undo


def undo_restore(undo: str, root: Root) -> Path:
    """Put back what was replaced; return its path.

    Args:
        undo: As ``restore_in_place`` returned it.
        root: That it is in.

    Raises:
        FilesError: It cannot be undone any more.
    """
    if _ID.fullmatch(undo) is None:
        raise FilesError("There is nothing of that name to undo.")
    kept = root.path / _REPLACED / undo
    try:
        relative = Path((kept / "path").read_text(encoding="utf-8"))
    except OSError as err:
        raise AbsentError("This can be undone no more: it is a week ago.") from err
    path = root.path / relative
    if ".." in relative.parts or not path.parent.resolve().is_relative_to(root.path):
        raise FilesError("There is nothing of that name to undo.")
    try:
        if path.exists() or path.is_symlink():
            path.rename(kept / "undone")
        if (kept / "old").exists() or (kept / "old").is_symlink():
            (kept / "old").rename(path)
    except OSError as err:
        raise from_os(err, f"{path.name} was not put back") from err
    return path


def copy_version(version: Path, target: Path, name: str) -> None:
    """Copy what a snapshot has to a path that nothing has.

    Args:
        version: Where the snapshot has it; a link is copied as such.
        target: Where it is to be.
        name: What a refusal calls it.

    Raises:
        FilesError: It cannot be copied; nothing is left then.
    """
    try:
        mode = version.lstat().st_mode
        if stat.S_ISDIR(mode):
            shutil.copytree(version, target, symlinks=True)
        else:
            shutil.copy2(version, target, follow_symlinks=False)
    except (OSError, shutil.Error) as err:
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target, ignore_errors=True)
        else:
            target.unlink(missing_ok=True)
        if isinstance(err, OSError) and not isinstance(err, shutil.Error):
            raise from_os(err, f"{name} was not restored") from err
        raise FilesError(
            f"{name} was not restored: some of its files cannot be copied."
        ) from err


def _forget_old(root: Root) -> None:
    with suppress(OSError):
        for each in (root.path / _REPLACED).iterdir():
            if time.time() - each.lstat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(each, ignore_errors=True)
