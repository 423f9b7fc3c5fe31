"""The log files of jobs, read by ranges and removed with their jobs.

Blocking; ``LogStorage`` runs it in threads. Paths are made of names that were checked
and of nothing a user wrote.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from mofang_jobs.adapters.confined_fs import (
    UnsafePathError,
    open_file,
    opened_folder,
    remove_folder,
)
from mofang_jobs.domain.log_paths import LOGS, PROJECTS, LogName, folder_parts

log = structlog.get_logger(__name__)

MAX_READ_BYTES = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """Some bytes of a log, and where they are in it."""

    content: bytes
    offset: int
    size: int
    """How long the log was when it was read."""

    @property
    def next(self) -> int:
        """The offset that follows the content."""
        return self.offset + len(self.content)


class LogStorage:
    """Reads and removes logs beneath the root of the storage."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def read(self, name: LogName, offset: int, limit: int) -> LogPart | None:
        """Return at most ``limit`` bytes from ``offset`` on; None without a file.

        Args:
            name: Whose log.
            offset: First byte; a negative one counts from the end.
            limit: Never more than ``MAX_READ_BYTES``.
        """
        limit = min(limit, MAX_READ_BYTES)
        return await asyncio.to_thread(self._read, name.parts, offset, limit)

    def _read(self, parts: Sequence[str], offset: int, limit: int) -> LogPart | None:
        try:
            file = open_file(self._root, parts)
        except FileNotFoundError:
            return None
        except UnsafePathError as err:
            log.warning("log file is not used", path="/".join(parts), found=str(err))
            return None
        try:
            size = os.fstat(file).st_size
            start = max(size + offset, 0) if offset < 0 else min(offset, size)
            # What was added since belongs to the next part.
            content = os.pread(file, min(limit, size - start), start)
        finally:
            os.close(file)
        return LogPart(content=content, offset=start, size=size)

    async def remove(self, project: str, job: str) -> None:
        """Remove all logs of a job; none is fine."""
        await asyncio.to_thread(self._remove, folder_parts(project, job))

    def _remove(self, parts: Sequence[str]) -> None:
        try:
            remove_folder(self._root, parts)
        except (UnsafePathError, OSError) as err:
            # The job is gone already; the sweep tries again.
            log.warning("logs are not removed", path="/".join(parts), error=str(err))

    async def list_folders(self) -> list[tuple[str, str, float]]:
        """Return project, job and time of the last change of each log folder."""
        return await asyncio.to_thread(self._list_folders)

    def _list_folders(self) -> list[tuple[str, str, float]]:
        found = []
        for project, _ in self._entries((PROJECTS,)):
            folder = (PROJECTS, project, *LOGS)
            for job, changed in self._entries(folder):
                files = (time for _, time in self._entries((*folder, job)))
                found.append((project, job, max((changed, *files))))
        return found

    def _entries(self, parts: Sequence[str]) -> list[tuple[str, float]]:
        try:
            with opened_folder(self._root, parts) as folder, os.scandir(folder) as each:
                return [
                    (entry.name, entry.stat(follow_symlinks=False).st_mtime)
                    for entry in each
                ]
        except (FileNotFoundError, PermissionError, UnsafePathError):
            return []
