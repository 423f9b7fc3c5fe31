"""Open what lies beneath a trusted folder, although users write there.

Each part of a path is opened by itself, in the folder that was opened before it, and
never through a symbolic link: whatever users put in the way, nothing outside the root
is reached, and no name can be swapped between a check and its use.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

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


def remove_folder(root: Path, parts: Sequence[str]) -> None:
    """Remove a folder beneath the root with all that is in it; none is fine.

    Raises:
        UnsafePathError: Something that is no folder is in the way.
    """
    *folders, name = parts
    _check_name(name)
    with suppress(FileNotFoundError), opened_folder(root, folders) as folder:
        kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            # Python's own removal does not follow links either.
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


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
