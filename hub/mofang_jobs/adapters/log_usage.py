"""What the directories of jobs take on the storage of logs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

from mofang_jobs.domain.log_paths import folder_parts
from mofang_storage.base import Usage
from mofang_storage.confined_fs import UnsafePathError, opened_folder
from mofang_storage.counting import count

ENTRIES = 20_000
SECONDS = 2.0
"""So much is counted, and so long, where the file system does not count."""

_BYTES = "ceph.dir.rbytes"


class LogUsageReader:
    """Reads usage beneath the root of the logs.

    Args:
        root: Where their volume is mounted.
        entries: Entries that one question counts.
        seconds: How long one question counts.
    """

    def __init__(
        self, root: Path, *, entries: int = ENTRIES, seconds: float = SECONDS
    ) -> None:
        self._root = root
        self._entries = entries
        self._seconds = seconds

    async def read(self, project: str, jobs: Sequence[str]) -> Usage:
        """Return what some jobs take together.

        Args:
            project: Of all of them.
            jobs: Their ids; one that has written nothing takes nothing.
        """
        return await asyncio.to_thread(self._read, project, jobs)

    def _read(self, project: str, jobs: Sequence[str]) -> Usage:
        size = files = 0
        complete = True
        end = time.monotonic() + self._seconds
        for job in jobs:
            try:
                with opened_folder(self._root, folder_parts(project, job)) as folder:
                    found = _counted(folder) or count(
                        folder,
                        entries=max(self._entries - files, 0),
                        seconds=max(end - time.monotonic(), 0),
                    )
            except FileNotFoundError:
                continue
            except (UnsafePathError, OSError):
                complete = False
                continue
            size += found.bytes
            files += found.files
            complete = complete and found.complete
        return Usage(bytes=size, files=files, complete=complete)


def _counted(folder: int) -> Usage | None:
    """Return what CephFS has counted of a directory; None on others."""
    try:
        return Usage(bytes=int(os.getxattr(folder, _BYTES)), files=0)
    except OSError:
        return None
