"""One launcher at a time: two would clear away each other's half-made cluster."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mofang_local.errors import LauncherError

TIMEOUT_SECONDS = 10.0
"""How long a launcher that was just killed may take to let go of the lock."""


def _acquired(stream: IO[str], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        else:
            return True


@contextmanager
def file_lock(
    path: Path, doing: str, *, timeout: float = TIMEOUT_SECONDS
) -> Iterator[None]:
    """Hold the lock while the block runs; the kernel frees it if we are killed.

    Args:
        path: File that is locked; created if need be.
        doing: What the holder does, for others that wait.
        timeout: Seconds to wait for another holder.

    Raises:
        LauncherError: Another launcher holds it; says which and what it does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        if not _acquired(stream, timeout):
            stream.seek(0)
            holder = stream.read().strip() or "another command"
            raise LauncherError(
                f"The launcher is already running ({holder}): wait until it has ended."
            )
        stream.truncate(0)
        stream.write(f"{doing}, pid {os.getpid()}")
        stream.flush()
        yield
        stream.truncate(0)
