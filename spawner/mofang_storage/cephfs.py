"""CephFS: quotas and recursive counts are attributes, snapshots entries of ``.snap``.

The mount needs the capabilities ``rwps``: ``p`` sets quotas, ``s`` makes snapshots.
Those of people's pods have neither.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
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
from mofang_storage.directories import ensure_directory
from mofang_storage.snapshot_names import is_snapshot_name, read_snapshot

SNAPSHOTS = ".snap"
_MAX_BYTES = "ceph.quota.max_bytes"
_MAX_FILES = "ceph.quota.max_files"
_BYTES = "ceph.dir.rbytes"
_ENTRIES = "ceph.dir.rentries"
_NO_SUCH_ATTRIBUTE = {errno.ENODATA, errno.EOPNOTSUPP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """How attributes of an open directory are read and written."""

    get: Callable[[int, str], bytes] = os.getxattr
    set: Callable[[int, str, bytes], None] = os.setxattr


class CephFsStorage(Storage):
    """Directories of a CephFS that is mounted at a path.

    Args:
        root: Where it is mounted.
        owner: User and group of what is made.
        attributes: The file system's.
    """

    kind: ClassVar[str] = "cephfs"
    enforces_quotas: ClassVar[bool] = True
    keeps_snapshots: ClassVar[bool] = True
    counts_usage: ClassVar[bool] = True

    def __init__(
        self, root: Path, owner: int, *, attributes: Attributes | None = None
    ) -> None:
        self._root = root
        self._owner = owner
        self._attributes = attributes or Attributes()

    @override
    def ensure(self, directory: StorageDirectory, quota: Quota = NO_QUOTA) -> None:
        ensure_directory(self._root, directory, self._owner)
        with opened_folder(self._root, directory.parts) as folder:
            self._limit(folder, _MAX_BYTES, quota.bytes)
            self._limit(folder, _MAX_FILES, quota.files)

    @override
    def usage(self, directory: StorageDirectory) -> Usage:
        with opened_folder(self._root, directory.parts) as folder:
            return Usage(
                bytes=int(self._attributes.get(folder, _BYTES)),
                # The directory counts itself.
                files=max(int(self._attributes.get(folder, _ENTRIES)) - 1, 0),
            )

    @override
    def snapshot(self, directory: StorageDirectory, name: str) -> None:
        if not is_snapshot_name(name):
            raise DirectoryError(f"{name!r} names no snapshot of the platform's.")
        with opened_folder(self._root, (*directory.parts, SNAPSHOTS)) as snapshots:
            try:
                os.mkdir(name, dir_fd=snapshots)
            except FileExistsError:
                return

    @override
    def list(self, directory: StorageDirectory) -> list[Snapshot]:
        with (
            opened_folder(self._root, (*directory.parts, SNAPSHOTS)) as snapshots,
            os.scandir(snapshots) as entries,
        ):
            found = [read_snapshot(each.name) for each in entries]
        known = (each for each in found if each is not None)
        return sorted(known, key=lambda each: each.taken, reverse=True)

    @override
    def remove(self, directory: StorageDirectory, snapshot: str) -> None:
        if not is_snapshot_name(snapshot):
            raise DirectoryError(f"{snapshot!r} names no snapshot of the platform's.")
        with opened_folder(self._root, (*directory.parts, SNAPSHOTS)) as snapshots:
            try:
                os.rmdir(snapshot, dir_fd=snapshots)
            except FileNotFoundError:
                return

    def _limit(self, folder: int, name: str, maximum: int | None) -> None:
        wanted = maximum or 0
        if self._read(folder, name) != wanted:
            self._attributes.set(folder, name, str(wanted).encode())

    def _read(self, folder: int, name: str) -> int:
        try:
            return int(self._attributes.get(folder, name))
        except OSError as err:
            if err.errno in _NO_SUCH_ATTRIBUTE:
                return 0
            raise
