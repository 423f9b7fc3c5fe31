"""Any file system that several nodes can mount: a local directory, NFS and others.

It enforces no quota and keeps no snapshot that we could make. Usage is counted by
walking, up to a limit.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from typing_extensions import override

from mofang_storage.base import (
    NO_QUOTA,
    DirectoryError,
    Quota,
    Snapshot,
    Storage,
    StorageDirectory,
    Usage,
)
from mofang_storage.confined_fs import opened_folder
from mofang_storage.counting import ENTRIES, SECONDS, count
from mofang_storage.directories import ensure_directory

_NO_SNAPSHOTS = (
    "This file system has no snapshots. Use the snapshots of its server, or CephFS "
    "(storage.type: cephfs)."
)


class PlainStorage(Storage):
    """Directories with owner and mode, and nothing else.

    Args:
        root: Where the file system is mounted.
        owner: User and group of what is made.
        entries: Entries that one count reads.
        seconds: How long one count takes.
    """

    kind: ClassVar[str] = "plain"
    enforces_quotas: ClassVar[bool] = False
    keeps_snapshots: ClassVar[bool] = False
    counts_usage: ClassVar[bool] = False

    def __init__(
        self,
        root: Path,
        owner: int,
        *,
        entries: int = ENTRIES,
        seconds: float = SECONDS,
    ) -> None:
        self._root = root
        self._owner = owner
        self._entries = entries
        self._seconds = seconds

    @override
    def ensure(self, directory: StorageDirectory, quota: Quota = NO_QUOTA) -> None:
        del quota  # Nothing here could enforce it.
        ensure_directory(self._root, directory, self._owner)

    @override
    def usage(self, directory: StorageDirectory) -> Usage:
        with opened_folder(self._root, directory.parts) as folder:
            return count(folder, entries=self._entries, seconds=self._seconds)

    @override
    def snapshot(self, directory: StorageDirectory, name: str) -> None:
        raise DirectoryError(_NO_SNAPSHOTS)

    @override
    def list(self, directory: StorageDirectory) -> list[Snapshot]:
        return []

    @override
    def remove(self, directory: StorageDirectory, snapshot: str) -> None:
        raise DirectoryError(_NO_SNAPSHOTS)
