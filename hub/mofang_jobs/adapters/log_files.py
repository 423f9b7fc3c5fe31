"""The log files of jobs: read by ranges, and their directories made and removed.

Blocking; ``LogStorage`` runs it in threads. The root and the directories of projects
are the service's own. Each job's directory is mounted in that job's containers, whose
users write there what they like.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from mofang_jobs.domain.errors import StorageError
from mofang_jobs.domain.log_paths import (
    DELETED_PREFIX,
    LogName,
    deleted_parts,
    folder_parts,
)
from mofang_jobs.domain.models import Manifest, ObservedJob
from mofang_kube.names import UID
from mofang_storage.confined_fs import (
    UnsafePathError,
    make_folder,
    move_folder,
    open_file,
    opened_folder,
    remove_folder,
)

log = structlog.get_logger(__name__)

MAX_READ_BYTES = 1024**2
MAX_ENTRIES = 1000
"""Of a job's directory; for the time of its last change more are not looked at."""

_MODE = 0o770
"""Of a job's directory. A job may have another user id than this service, and always
has its group."""


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
    """Reads and removes logs beneath the root of their volume."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def create(self, project: str, job: str) -> None:
        """Make the directory that a job's containers mount; one that is there stays.

        Raises:
            StorageError: It cannot be made.
        """
        await asyncio.to_thread(self._create, folder_parts(project, job))

    def _create(self, parts: Sequence[str]) -> None:
        try:
            make_folder(self._root, parts, _MODE, UID)
        except (UnsafePathError, OSError) as err:
            path = "/".join(parts)
            if isinstance(err, FileNotFoundError):
                # The job is being deleted, or the volume is not there.
                log.warning("directory of logs is gone", path=path, error=str(err))
            else:
                log.exception("directory of logs is not made", path=path)
            cause = getattr(err, "strerror", None) or "something else is in its place"
            raise StorageError(
                f"The directory for the job's logs cannot be made: {cause}. Try again "
                "in a minute; if it stays so, tell an administrator."
            ) from err

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
        except (UnsafePathError, OSError) as err:
            log.warning("log file is not used", path="/".join(parts), error=str(err))
            return None
        try:
            size = os.fstat(file).st_size
            start = max(size + offset, 0) if offset < 0 else min(offset, size)
            # What was added since belongs to the next part.
            content = os.pread(file, min(limit, size - start), start)
        except OSError as err:
            log.warning("log file is not read", path="/".join(parts), error=str(err))
            return None
        finally:
            os.close(file)
        return LogPart(content=content, offset=start, size=size)

    async def create_if_absent(self, job: ObservedJob, owner: Manifest) -> None:
        """Make the directory of a job that has its object and is about to run.

        Args:
            job: The job.
            owner: Its object, without which there is no directory.

        Raises:
            StorageError: It cannot be made.
        """
        del owner
        await self.create(job.project, job.id)

    async def mark_deleted(self, project: str, job: str) -> None:
        """Note that a job is to be removed; noted twice is fine."""
        await asyncio.to_thread(self._mark, deleted_parts(project, job))

    def _mark(self, parts: Sequence[str]) -> None:
        try:
            make_folder(self._root, parts, _MODE, UID)
        except (UnsafePathError, OSError) as err:
            # The job can go all the same; its logs do when they are old.
            log.warning("deletion is not noted", path="/".join(parts), error=str(err))

    async def unmark_deleted(self, project: str, job: str) -> None:
        """Take back that a job is to be removed."""
        await asyncio.to_thread(self._unmark, deleted_parts(project, job))

    def _unmark(self, parts: Sequence[str]) -> None:
        try:
            # Only a mark: what holds logs stays.
            remove_folder(self._root, parts, entries=0)
        except (UnsafePathError, OSError) as err:
            log.warning("mark is not removed", path="/".join(parts), error=str(err))

    async def is_marked_deleted(self, project: str, job: str) -> bool:
        """Say whether a job is to be removed, or what it left is."""
        return await asyncio.to_thread(self._is_there, deleted_parts(project, job))

    def _is_there(self, parts: Sequence[str]) -> bool:
        try:
            with opened_folder(self._root, parts):
                return True
        except (FileNotFoundError, UnsafePathError):
            return False

    async def discard(self, project: str, job: str) -> None:
        """Put a deleted job's logs out of reach.

        The directory stays under another name for ``remove_deleted``: containers that
        end write to it, and one that starts makes the kubelet make a new one.
        """
        await asyncio.to_thread(self._discard, project, job)

    def _discard(self, project: str, job: str) -> None:
        parts = folder_parts(project, job)
        deleted = deleted_parts(project, job)
        try:
            if not move_folder(self._root, parts, deleted[-1]):
                make_folder(self._root, deleted, _MODE, UID)
        except (UnsafePathError, OSError) as err:
            log.warning("logs are not discarded", path="/".join(parts), error=str(err))

    async def remove(self, project: str, job: str) -> bool:
        """Take one step to remove a job's logs; return whether they are gone."""
        return await asyncio.to_thread(self._remove, folder_parts(project, job))

    async def remove_deleted(self, project: str, job: str) -> bool:
        """Take one step to remove what a deleted job left; say whether it is gone."""
        # The mark that it was deleted goes last.
        return await self.remove(project, job) and await asyncio.to_thread(
            self._remove, deleted_parts(project, job)
        )

    def _remove(self, parts: Sequence[str]) -> bool:
        try:
            return remove_folder(self._root, parts)
        except (UnsafePathError, OSError) as err:
            # The job is gone already; the sweep tries again.
            log.warning("logs are not removed", path="/".join(parts), error=str(err))
            return False

    async def list_projects(self) -> list[str]:
        """Return the projects that have logs."""
        return await asyncio.to_thread(lambda: list(self._names(())))

    async def list_deleted(self, project: str) -> list[str]:
        """Return the deleted jobs of a project of which something is left."""

        def deleted() -> list[str]:
            return [
                name.removeprefix(DELETED_PREFIX)
                for name in self._names((project,))
                if name.startswith(DELETED_PREFIX)
            ]

        return await asyncio.to_thread(deleted)

    async def list_folders(self, project: str) -> list[tuple[str, float]]:
        """Return the jobs of a project that have logs, and when each last changed."""

        def folders() -> list[tuple[str, float]]:
            return [
                (name, self._last_change((project, name)))
                for name in self._names((project,))
                if not name.startswith(DELETED_PREFIX)
            ]

        return await asyncio.to_thread(folders)

    def _names(self, parts: Sequence[str]) -> Iterator[str]:
        try:
            with opened_folder(self._root, parts) as folder, os.scandir(folder) as each:
                yield from (
                    entry.name for entry in each if entry.is_dir(follow_symlinks=False)
                )
        except (UnsafePathError, OSError) as err:
            log.warning("logs are not listed", path="/".join(parts), error=str(err))

    def _last_change(self, parts: Sequence[str]) -> float:
        """Return the time of the last change, one that nobody can set.

        Users may give their files any time of modification.
        """
        *folders, name = parts
        # It goes just now.
        changed = float("inf")
        try:
            with opened_folder(self._root, folders) as folder:
                changed = os.stat(name, dir_fd=folder, follow_symlinks=False).st_ctime
            with opened_folder(self._root, parts) as folder, os.scandir(folder) as each:
                times = (
                    entry.stat(follow_symlinks=False).st_ctime
                    for entry in itertools.islice(each, MAX_ENTRIES)
                )
                return max((changed, *times))
        except (UnsafePathError, OSError):
            # Nobody can read it: the time of the directory itself counts.
            return changed
