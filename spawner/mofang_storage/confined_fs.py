"""Open what lies beneath a trusted folder, although users write there.

Each part of a path is opened by itself, in the folder that was opened before it, and
never through a symbolic link: whatever users put in the way, nothing outside the root
is reached, and no name can be swapped between a check and its use.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mofang_storage.tree_removal import STEP_ENTRIES, remove_tree

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_UNFINISHED = 0o1700
"""Permissions of a folder until it has owner and mode. Nobody wants a sticky one that
is closed to others: whoever finds it finishes what a killed process began."""

_IN_THE_WAY = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.ENAMETOOLONG}


class UnsafePathError(Exception):
    """Something else than a folder or a plain file is in the way."""


@contextmanager
def opened_folder(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """Open a folder beneath the root; its descriptor is closed afterwards.

    Raises:
        FileNotFoundError: A part of the path is not there.
        UnsafePathError: A part of the path is no folder.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            deeper = _open(part, _FOLDER, folder)
            os.close(folder)
            folder = deeper
        yield folder
    finally:
        os.close(folder)


def open_file(root: Path, parts: Sequence[str]) -> int:
    """Open a plain file beneath the root; the caller closes it.

    Raises:
        FileNotFoundError: It is not there.
        UnsafePathError: It is no plain file, or not all before it are folders.
    """
    *folders, name = parts
    with opened_folder(root, folders) as folder:
        file = _open(name, _FILE, folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise UnsafePathError(name)
    return file


def make_folder(root: Path, parts: Sequence[str], mode: int, owner: int) -> None:
    """Make a folder beneath the root, and those before it; those that are there stay.

    Args:
        root: Where the path begins.
        parts: Of the path.
        mode: Of each folder that is made.
        owner: User and group of each, where this process may choose them.

    Raises:
        OSError: It cannot be made.
        UnsafePathError: Something that is no folder is in the way.
    """
    for length, name in enumerate(parts):
        _check_name(name)
        with opened_folder(root, parts[:length]) as folder:
            with suppress(FileExistsError):
                os.mkdir(name, _UNFINISHED, dir_fd=folder)
            made = _open(name, _FOLDER, folder)
            try:
                if stat.S_IMODE(os.fstat(made).st_mode) == _UNFINISHED:
                    if os.geteuid() == 0:
                        os.fchown(made, owner, owner)
                    # The mask of this process is not to count.
                    os.fchmod(made, mode)
            finally:
                os.close(made)


def move_folder(root: Path, parts: Sequence[str], new_name: str) -> bool:
    """Give a folder beneath the root another name; return whether it was there.

    Args:
        root: Where the path begins.
        parts: Of the path.
        new_name: Within the same folder; what has it must be an empty folder.

    Raises:
        OSError: It cannot be renamed.
        UnsafePathError: Something that is no folder is in the way.
    """
    *folders, name = parts
    for each in (name, new_name):
        _check_name(each)
    try:
        with opened_folder(root, folders) as folder:
            os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def remove_folder(
    root: Path, parts: Sequence[str], *, entries: int = STEP_ENTRIES
) -> bool:
    """Take one step to remove a folder beneath the root; say whether it is gone.

    Args:
        root: Where the path begins.
        parts: Of the path; a link or a file in the folder's place is removed.
        entries: At most so many entries are removed.

    Raises:
        OSError: Something cannot be removed.
        UnsafePathError: Something that is no folder is in the way.
    """
    *folders, name = parts
    _check_name(name)
    try:
        with opened_folder(root, folders) as folder:
            return remove_tree(folder, name, entries=entries)
    except FileNotFoundError:
        return True


def _open(name: str, flags: int, folder: int) -> int:
    _check_name(name)
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as err:
        if err.errno in _IN_THE_WAY:
            raise UnsafePathError(name) from err
        raise


def _check_name(name: str) -> None:
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise UnsafePathError(name)
