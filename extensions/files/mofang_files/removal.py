"""Remove a file or a directory that an open directory has, and count what that frees.

Each name is opened or removed in a directory that is open, and no link is followed.
Nothing is written first, so that a full home can be emptied.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mofang_files.confined import DIRECTORY, names_in
from mofang_files.errors import FilesError
from mofang_files.space import BLOCK

_DEPTH = 200
_UNREADABLE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Freed:
    """What was removed so far."""

    bytes: int = 0
    files: int = 0

    def add(self, status: os.stat_result) -> None:
        """Count what was removed; a file with another name frees nothing."""
        self.files += 1
        if stat.S_ISDIR(status.st_mode) or status.st_nlink <= 1:
            self.bytes += status.st_blocks * BLOCK


def remove(parent: int, name: str, freed: Freed) -> None:
    """Remove what has a name in a directory, with all in it; none is fine.

    Args:
        parent: Descriptor of the directory.
        name: In it.
        freed: What was removed is added, also where an error ends it.

    Raises:
        OSError: Something cannot be removed; what was before it is gone.
        FilesError: Another file system is mounted in it, or it is too deep.
    """
    _remove(parent, name, os.fstat(parent).st_dev, freed, _DEPTH)


def _remove(parent: int, name: str, device: int, freed: Freed, depth: int) -> None:
    try:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(name, dir_fd=parent)
            freed.add(status)
            return
        if status.st_dev != device:
            raise FilesError("Another file system is mounted in it.")
        if depth == 0:
            raise FilesError(f"More than {_DEPTH} directories are in each other.")
        folder = _open(parent, name)
        try:
            # A link or a mount may have taken its place since.
            if os.fstat(folder).st_dev != device:
                raise FilesError("Another file system is mounted in it.")
            for each in names_in(folder):
                _remove(folder, each, device, freed, depth - 1)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=parent)
        freed.add(status)
    except FileNotFoundError:
        # Whoever wrote it has removed it.
        return


def _open(parent: int, name: str) -> int:
    """Open a directory so that it can be emptied, whatever its mode is."""
    with suppress(PermissionError):
        return _writable(os.open(name, DIRECTORY, dir_fd=parent))
    closed = os.open(name, _UNREADABLE, dir_fd=parent)
    try:
        # By the descriptor: another name may lead elsewhere by now.
        Path(f"/proc/self/fd/{closed}").chmod(stat.S_IRWXU)
        return os.open(name, DIRECTORY, dir_fd=parent)
    finally:
        os.close(closed)


def _writable(folder: int) -> int:
    mode = stat.S_IMODE(os.fstat(folder).st_mode)
    if mode & stat.S_IRWXU != stat.S_IRWXU:
        # Owned by somebody else, removing in it says why not.
        with suppress(PermissionError):
            os.fchmod(folder, mode | stat.S_IRWXU)
    return folder
