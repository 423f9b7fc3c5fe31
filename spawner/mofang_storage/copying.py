"""Copy a file or a directory between two open directories, and follow nothing."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress

from mofang_storage.base import DirectoryError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DEPTH = 200
_UNCHECKED = {"", ".", ".."}


def copy_entry(source: int, name: str, target: int, new_name: str) -> None:
    """Copy what has a name in a directory to a new name in another.

    Files, directories and symbolic links are copied with mode and times; what else
    there is, such as sockets, is left out.

    Args:
        source: Descriptor of the directory that has it.
        name: In that directory.
        target: Descriptor of the directory that is to have it.
        new_name: In that directory; nothing may have it yet.

    Raises:
        FileExistsError: Something has the new name.
        FileNotFoundError: There is nothing of that name.
        OSError: It cannot be copied.
        DirectoryError: A name is none, or directories are too deep.
    """
    for each in (name, new_name):
        if each in _UNCHECKED or "/" in each or "\0" in each:
            raise DirectoryError(f"{each!r} names no file.")
    _copy(source, name, target, new_name, _DEPTH)


def _copy(source: int, name: str, target: int, new_name: str, depth: int) -> None:
    found = os.stat(name, dir_fd=source, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), new_name, dir_fd=target)
    elif stat.S_ISREG(found.st_mode):
        _copy_file(source, name, target, new_name)
    elif stat.S_ISDIR(found.st_mode):
        if depth == 0:
            raise DirectoryError(f"More than {_DEPTH} directories are in each other.")
        _copy_directory(source, name, target, new_name, depth)


def _copy_file(source: int, name: str, target: int, new_name: str) -> None:
    with open(os.open(name, _READ, dir_fd=source), "rb") as old:  # noqa: PTH123
        status = os.fstat(old.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DirectoryError(f"{name!r} is no plain file.")
        made = os.open(new_name, _NEW, 0o600, dir_fd=target)
        with open(made, "wb") as new:  # noqa: PTH123 - opened in its directory
            shutil.copyfileobj(old, new, 1 << 20)
            new.flush()
            _take_over(new.fileno(), status)


def _copy_directory(
    source: int, name: str, target: int, new_name: str, depth: int
) -> None:
    old = os.open(name, _FOLDER, dir_fd=source)
    try:
        status = os.fstat(old)
        os.mkdir(new_name, 0o700, dir_fd=target)
        new = os.open(new_name, _FOLDER, dir_fd=target)
        try:
            with os.scandir(old) as entries:
                for each in entries:
                    _copy(old, each.name, new, each.name, depth - 1)
            _take_over(new, status)
        finally:
            os.close(new)
    finally:
        os.close(old)


def _take_over(made: int, status: os.stat_result) -> None:
    """Give a copy what its original has; set-user-id bits are no part of it."""
    os.fchmod(made, stat.S_IMODE(status.st_mode) & 0o1777)
    if os.geteuid() == 0:
        os.fchown(made, status.st_uid, status.st_gid)
    # Of a file system that keeps no times the copy is as good.
    with suppress(PermissionError):
        os.utime(made, ns=(status.st_atime_ns, status.st_mtime_ns))
