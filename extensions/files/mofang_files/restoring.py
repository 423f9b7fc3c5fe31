"""Restore a version beside what is there, or in its place; undo the latter.

What is replaced is moved within the same root to ``.mofang/replaced/<id>``, and moved
back by an undo. It is kept for a week. Members of a project all write in its directory:
no link that somebody puts there leads to the home of whoever restores.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mofang_files.confined import names_in, opened
from mofang_files.copying import copy_new
from mofang_files.errors import AbsentError, FilesError, from_os
from mofang_files.removal import Freed, remove
from mofang_files.roots import ConfinedPath, Root, are_parts, opened_parent
from mofang_files.snapshots import parse_snapshot
from mofang_files.versions import opened_version

_REPLACED = (".mofang", "replaced")
_KEPT_SECONDS = 7 * 24 * 3600
_ID = re.compile(r"[0-9a-f]{16}")
_RECORD = "path"
_RECORD_BYTES = 8_192
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LINKS = {errno.ELOOP, errno.ENOTDIR}


def restore_beside(path: ConfinedPath, snapshot: str) -> str:
    """Copy a version to a new name beside what is there; return that name.

    Args:
        path: Whose version it is.
        snapshot: That has it.

    Raises:
        FilesError: It cannot be copied; nothing is left then.
    """
    stem, suffix = Path(path.name).stem, Path(path.name).suffix
    taken = parse_snapshot(snapshot).taken.isoformat()
    label = re.sub(r"[^0-9T-]", "", taken.replace(":", "-"))[:16]
    with (
        _reported(f"{path.name} was not restored"),
        opened_version(path, snapshot) as source,
        opened_parent(path) as parent,
    ):
        for number in range(1, 100):
            again = "" if number == 1 else f" {number}"
            new_name = f"{stem} ({label}{again}){suffix}"
            if _is_there(parent, new_name):
                continue
            with suppress(FileExistsError):
                copy_new(source, path.name, parent, new_name)
                return new_name
    raise FilesError(f"There are too many versions beside {path.name}. Delete some.")


def restore_in_place(path: ConfinedPath, snapshot: str) -> str:
    """Put a version in the place of what is there; return the id of the undo.

    Args:
        path: Whose version it is.
        snapshot: That has it.

    Raises:
        FilesError: It cannot be done; all is as it was then.
    """
    _forget_old(path.root)
    undo = secrets.token_hex(8)
    with (
        _reported(f"{path.name} was not restored"),
        opened_version(path, snapshot) as source,
        opened_parent(path) as parent,
        opened(path.root.path, (*_REPLACED, undo), make=True) as kept,
    ):
        record = os.open(_RECORD, _NEW, 0o600, dir_fd=kept)
        with os.fdopen(record, "wb") as file:
            file.write(os.fsencode("/".join(path.parts)))
        copy_new(source, path.name, kept, "new")
        _move(parent, path.name, kept, "old")
        try:
            os.rename("new", path.name, src_dir_fd=kept, dst_dir_fd=parent)
        except OSError:
            with suppress(OSError):
                os.rename("old", path.name, src_dir_fd=kept, dst_dir_fd=parent)
            raise
    return undo


def undo_restore(undo: str, root: Root) -> str:
    """Put back what was replaced; return its name.

    Args:
        undo: As ``restore_in_place`` returned it.
        root: That it is in.

    Raises:
        FilesError: It cannot be undone any more.
    """
    if _ID.fullmatch(undo) is None:
        raise FilesError("There is nothing of that name to undo.")
    with _reported("It was not put back"), ExitStack() as stack:
        try:
            kept = stack.enter_context(opened(root.path, (*_REPLACED, undo)))
            parts = _read_record(kept)
        except FileNotFoundError as err:
            raise AbsentError("This can be undone no more: it is a week ago.") from err
        parent = stack.enter_context(opened(root.path, parts[:-1]))
        _move(parent, parts[-1], kept, "undone")
        _move(kept, "old", parent, parts[-1])
    return parts[-1]


def _read_record(kept: int) -> tuple[str, ...]:
    """Return where something was; others may have written it meanwhile."""
    with os.fdopen(os.open(_RECORD, _READ, dir_fd=kept), "rb") as file:
        parts = tuple(os.fsdecode(file.read(_RECORD_BYTES)).split("/"))
    if not are_parts(parts):
        raise FilesError("There is nothing of that name to undo.")
    return parts


def _move(source: int, name: str, target: int, new_name: str) -> None:
    """Rename what is there; nothing is fine."""
    if _is_there(source, name):
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _forget_old(root: Root) -> None:
    with suppress(OSError), opened(root.path, _REPLACED) as folder:
        for name in names_in(folder):
            with suppress(OSError, FilesError):
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if time.time() - status.st_mtime > _KEPT_SECONDS:
                    remove(folder, name, Freed())


@contextmanager
def _reported(failed: str) -> Iterator[None]:
    """Tell an error of the file system as a sentence."""
    try:
        yield
    except OSError as err:
        if err.errno in _LINKS:
            raise FilesError(
                f"{failed}: a link or a file is where a directory has to be. If "
                f"{'/'.join(_REPLACED)} has one, remove it."
            ) from err
        raise from_os(err, failed) from err
