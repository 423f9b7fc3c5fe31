"""What jobs take: their logs, which are not in the home, and copies of their code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mofang_files.confined import names_in, opened
from mofang_files.kinds import CODE
from mofang_files.space import BLOCK

_ANSWER_SECONDS = 10.0

FindLogUsage = Callable[[], dict[str, Any] | None]
"""Returns a ``LogUsage`` as JSON; None where nobody says."""


def find_log_usage() -> dict[str, Any] | None:
    """Ask the training service what the logs of this server's project take."""
    # Start-up time of every server counts.
    from mofang.client import Client  # noqa: PLC0415
    from mofang.errors import MofangError  # noqa: PLC0415

    try:
        with Client() as client:
            return client.read_log_usage().model_dump(mode="json")
    except MofangError:
        return None


class JobUsageReader:
    """Says what a person's jobs take, in the home and beside it.

    Args:
        home: The directory, without links.
        find_log_usage: Asks the training service.
        seconds: How long it may take to answer.
    """

    def __init__(
        self,
        home: Path,
        *,
        find_log_usage: FindLogUsage = find_log_usage,
        seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._home = home
        self._find_log_usage = find_log_usage
        self._seconds = seconds

    async def read(self) -> dict[str, object]:
        """Return the usage of logs, None where nobody says, and of code in bytes."""
        code, logs = await asyncio.gather(
            asyncio.to_thread(_code_bytes, self._home), self._logs()
        )
        return {"logs": logs, "code_bytes": code}

    async def _logs(self) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.to_thread(self._find_log_usage)
        except TimeoutError:
            return None


def _code_bytes(home: Path) -> int:
    """Add up the copies of code, which are files of one directory."""
    size = 0
    with suppress(OSError), opened(home, CODE) as folder:
        for name in names_in(folder):
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                size += status.st_blocks * BLOCK
    return size
