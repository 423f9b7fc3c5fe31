"""What directories take, by the file system's own counts or by a bounded walk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mofang_files.roots import Roots

_ENTRIES = 100_000
_SECONDS = 3.0
BLOCK = 512
_AGAIN_SECONDS = 600.0
_MAX_BYTES = "ceph.quota.max_bytes"
_MAX_FILES = "ceph.quota.max_files"

Attribute = Callable[[int | Path, str], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryUsage:
    """What one directory takes."""

    bytes: int
    files: int
    complete: bool
    """False where counting was ended early: both are minimum values then."""


def read_attribute(directory: int | Path, name: str) -> int | None:
    """Return a number that CephFS keeps of a directory; None on others.

    Args:
        directory: Its path, followed through links, or a descriptor.
        name: Of the attribute; of a time the seconds are returned.
    """
    try:
        return int(os.getxattr(directory, name).split(b".")[0])
    except (OSError, ValueError):
        return None


def read_room(directory: Path) -> int:
    """Return the bytes that anybody can still write to a directory's file system.

    Raises:
        OSError: The file system does not say.
    """
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


class SpaceReader:
    """Reads what the roots take.

    Args:
        roots: The directories.
        attribute: Reads an attribute of a directory.
        room: Bytes that anybody can still write to the file system of a directory.
        clock: Seconds that pass.
    """

    def __init__(
        self,
        roots: Roots,
        *,
        attribute: Attribute = read_attribute,
        room: Callable[[Path], int] = read_room,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roots = roots
        self._attribute = attribute
        self._room = room
        self._clock = clock
        self._known: dict[Path, tuple[float, DirectoryUsage]] = {}

    def read(self) -> list[dict[str, object]]:
        """Return usage and limits of each root that is there."""
        found: list[dict[str, object]] = []
        for root in self._roots.all:
            if not root.path.is_dir():
                continue
            counted = self._counted(root.path)
            found.append(
                {
                    "name": root.name,
                    "path": str(root.path),
                    "limit": self._attribute(root.path, _MAX_BYTES) or None,
                    "file_limit": self._attribute(root.path, _MAX_FILES) or None,
                    "enforced": counted is not None,
                    "storage_full": self._is_full(root.path),
                    **asdict(counted or self._walked(root.path)),
                }
            )
        return found

    def _is_full(self, path: Path) -> bool:
        """Say whether there is no room for anybody, whatever their own limit is."""
        try:
            return self._room(path) == 0
        except OSError:
            return False

    def _counted(self, path: Path) -> DirectoryUsage | None:
        size = self._attribute(path, "ceph.dir.rbytes")
        files = self._attribute(path, "ceph.dir.rentries")
        if size is None or files is None:
            return None
        return DirectoryUsage(bytes=size, files=max(files - 1, 0), complete=True)

    def _walked(self, path: Path) -> DirectoryUsage:
        known = self._known.get(path)
        if known is None or self._clock() - known[0] >= _AGAIN_SECONDS:
            known = self._clock(), walk(path)
            self._known[path] = known
        return known[1]


def walk(
    path: Path, *, entries: int = _ENTRIES, seconds: float = _SECONDS
) -> DirectoryUsage:
    """Count what is in a directory; nothing is followed.

    Args:
        path: Of the directory.
        entries: After so many the count ends.
        seconds: After so long the count ends.
    """
    end = time.monotonic() + seconds
    size = files = 0
    linked: set[int] = set()
    for folder, directories, names in os.walk(path):
        for name in (*directories, *names):
            if files >= entries or time.monotonic() > end:
                return DirectoryUsage(bytes=size, files=files, complete=False)
            with suppress(OSError):
                found = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - fast
                files += 1
                if found.st_nlink > 1 and name in names:
                    if found.st_ino in linked:
                        continue
                    linked.add(found.st_ino)
                size += found.st_blocks * BLOCK
    return DirectoryUsage(bytes=size, files=files, complete=True)
