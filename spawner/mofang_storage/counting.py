"""Count what a directory takes where the file system does not, up to a limit."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress

from mofang_storage.base import Usage

ENTRIES = 200_000
SECONDS = 5.0
_DEPTH = 64
"""So many directories are open at a time; what is deeper is not counted."""

_BLOCK = 512
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Count:
    def __init__(self, entries: int, seconds: float, device: int) -> None:
        self.bytes = 0
        self.files = 0
        self.complete = True
        self._entries = entries
        self._end = time.monotonic() + seconds
        self._device = device
        self._linked: set[int] = set()

    def is_over(self) -> bool:
        if self.files >= self._entries or time.monotonic() > self._end:
            self.complete = False
        return not self.complete

    def add(self, found: os.stat_result) -> bool:
        """Count an entry; return whether to go into it."""
        if found.st_dev != self._device:
            return False
        self.files += 1
        is_directory = stat.S_ISDIR(found.st_mode)
        if found.st_nlink > 1 and not is_directory:
            if found.st_ino in self._linked:
                return False
            self._linked.add(found.st_ino)
        self.bytes += found.st_blocks * _BLOCK
        return is_directory


def count(folder: int, *, entries: int = ENTRIES, seconds: float = SECONDS) -> Usage:
    """Count what is in an open directory; a file with several names counts once.

    Nothing is followed, and no other file system is entered.

    Args:
        folder: Descriptor of the directory.
        entries: After so many the count ends.
        seconds: After so long the count ends.

    Raises:
        OSError: The directory itself cannot be read.
    """
    found = _Count(entries, seconds, os.fstat(folder).st_dev)
    _walk(folder, found, depth=_DEPTH)
    return Usage(bytes=found.bytes, files=found.files, complete=found.complete)


def _walk(folder: int, found: _Count, *, depth: int) -> None:
    with os.scandir(folder) as listed:
        for each in listed:
            if found.is_over():
                return
            try:
                status = each.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not found.add(status):
                continue
            if depth == 0:
                found.complete = False
                return
            # What is gone or closed by now has counted as an entry.
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                deeper = os.open(each.name, _FOLDER, dir_fd=folder)
                try:
                    _walk(deeper, found, depth=depth - 1)
                finally:
                    os.close(deeper)
