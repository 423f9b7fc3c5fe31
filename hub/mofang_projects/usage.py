"""What directories take, read no more often than is worth it."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from mofang_projects.directories import FAILURES
from mofang_storage.base import Quota, Storage, StorageDirectory, Usage

_COUNTING_FACTOR = 10

log = logging.getLogger(__name__)


class UsageReader:
    """The usage of each directory as it was read last.

    Args:
        storage: Which counts, or is counted.
        seconds: How often a directory is read where the file system counts.
        clock: Seconds that pass.
    """

    def __init__(
        self,
        storage: Storage,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._seconds = seconds if storage.counts_usage else seconds * _COUNTING_FACTOR
        self._clock = clock
        self._known: dict[StorageDirectory, tuple[float, Usage]] = {}
        # Where files must be counted, one directory at a time is walked through.
        self._turn = asyncio.Semaphore(8 if storage.counts_usage else 1)

    async def read(self, directory: StorageDirectory) -> Usage | None:
        """Return what a directory takes; None if nobody knows."""
        async with self._turn:
            known = self._known.get(directory)
            if known is not None and self._clock() - known[0] < self._seconds:
                return known[1]
            try:
                usage = await asyncio.to_thread(self._storage.usage, directory)
            except FAILURES as err:
                log.warning("The usage of %s cannot be read: %s", directory, err)
                return known[1] if known else None
            self._known[directory] = self._clock(), usage
            return usage

    def forget(self, directory: StorageDirectory) -> None:
        """Read a directory anew the next time."""
        self._known.pop(directory, None)


def as_status(usage: Usage | None, quota: Quota, *, enforced: bool) -> dict[str, Any]:
    """Render usage and quota as they are in a status.

    Args:
        usage: None if nobody knows.
        quota: What holds.
        enforced: Whether the file system sees to it.
    """
    status: dict[str, Any] = {
        "quota": _given(bytes=quota.bytes, files=quota.files) | {"enforced": enforced}
    }
    if usage is not None:
        status["usage"] = {
            "bytes": usage.bytes,
            "files": usage.files,
            "complete": usage.complete,
        }
    return status


def _given(**values: int | None) -> dict[str, int]:
    return {name: value for name, value in values.items() if value is not None}
