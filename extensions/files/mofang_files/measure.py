"""What removing a directory gives back, added up from what is in it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from mofang_files.space import BLOCK


@dataclass(frozen=True, slots=True)
class _Linked:
    """A file with several names."""

    names: int
    observed: int
    bytes: int


@dataclass(slots=True)
class Measure:
    """What a directory takes, as far as it was looked at."""

    bytes: int = 0
    """Of which removing it gives back: a file with a name elsewhere counts nothing."""
    files: int = 0
    used: float = 0.0
    """When it was last read or written, in seconds of the epoch; 0 for unknown."""
    complete: bool = True
    _linked: dict[int, _Linked] = field(default_factory=dict)
    """Files with several names, not all of which were seen."""

    def add(self, status: os.stat_result) -> None:
        """Count a file, or a directory itself."""
        self.files += 1
        size = status.st_blocks * BLOCK
        if stat.S_ISDIR(status.st_mode):
            self.bytes += size
            return
        # Of a directory the time says nothing: looking through it reads it.
        self.used = max(self.used, status.st_atime, status.st_mtime)
        if status.st_nlink > 1:
            self._see(status.st_ino, _Linked(status.st_nlink, 1, size))
        else:
            self.bytes += size

    def include(self, other: Measure) -> None:
        """Count what is in a directory below."""
        self.bytes += other.bytes
        self.files += other.files
        self.used = max(self.used, other.used)
        self.complete = self.complete and other.complete
        for inode, linked in other._linked.items():
            self._see(inode, linked)

    def _see(self, inode: int, found: _Linked) -> None:
        before = self._linked.get(inode)
        observed = found.observed + (before.observed if before else 0)
        if observed < found.names:
            self._linked[inode] = _Linked(found.names, observed, found.bytes)
            return
        self._linked.pop(inode, None)
        self.bytes += found.bytes
