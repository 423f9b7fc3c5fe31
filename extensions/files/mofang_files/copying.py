"""Copy a file or directory between open directories; nothing is followed.

Others may write where it is copied from and to: each name is opened or made in a
directory that is open, so that no link and no rename leads the copy elsewhere.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from contextlib import suppress

from mofang_files.confined import DIRECTORY, names_in
from mofang_files.errors import FilesError
from mofang_files.removal import Freed, remove
from mofang_files.trash import move_new

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DEPTH = 200


def copy_new(source: int, name: str, target: int, new_name: str) -> None:
    """Copy something to a name that nothing has, so that nobody sees a half.

    Pipes and sockets in a directory are passed over: nobody is at their other end.

    Args:
        source: Descriptor of the directory that has it.
        name: In that.
        target: Descriptor of the directory that is to have it.
        new_name: In that.

    Raises:
        FileExistsError: Something has that name.
        FilesError: It is too deep, or no file, link or directory.
        OSError: It cannot be copied. Nothing is left then.
    """
    draft = f".{name[:100]}.restoring-{secrets.token_hex(4)}"
    try:
        is_copied = _copy(source, name, target, draft, _DEPTH)
        if is_copied:
            move_new(target, draft, target, new_name)
    except BaseException:
        with suppress(OSError, FilesError):
            remove(target, draft, Freed())
        raise
    if not is_copied:
        raise FilesError(f"{name} is no file, link or directory.")


def _copy(source: int, name: str, target: int, new_name: str, depth: int) -> bool:
    """Copy one of the three kinds; say whether it is one of them."""
    status = os.stat(name, dir_fd=source, follow_symlinks=False)
    match stat.S_IFMT(status.st_mode):
        case stat.S_IFLNK:
            os.symlink(os.readlink(name, dir_fd=source), new_name, dir_fd=target)
        case stat.S_IFREG:
            _copy_file(source, name, target, new_name)
        case stat.S_IFDIR if depth == 0:
            raise FilesError(f"More than {_DEPTH} directories are in each other.")
        case stat.S_IFDIR:
            _copy_directory(source, name, target, new_name, depth)
        case _:
            return False
    return True


def _copy_file(source: int, name: str, target: int, new_name: str) -> None:
    with (
        os.fdopen(os.open(name, _READ, dir_fd=source), "rb") as reader,
        os.fdopen(os.open(new_name, _NEW, 0o600, dir_fd=target), "wb") as writer,
    ):
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        _keep_state(reader.fileno(), writer.fileno())


def _copy_directory(
    source: int, name: str, target: int, new_name: str, depth: int
) -> None:
    os.mkdir(new_name, 0o700, dir_fd=target)
    reader = os.open(name, DIRECTORY, dir_fd=source)
    try:
        writer = os.open(new_name, DIRECTORY, dir_fd=target)
        try:
            for each in names_in(reader):
                _copy(reader, each, writer, each, depth - 1)
            _keep_state(reader, writer)
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _keep_state(source: int, target: int) -> None:
    """Give what was copied mode, times and attributes of the original."""
    for name in os.listxattr(source):
        with suppress(OSError):
            os.setxattr(target, name, os.getxattr(source, name))
    status = os.fstat(source)
    os.fchmod(target, stat.S_IMODE(status.st_mode))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
