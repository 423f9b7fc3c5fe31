"""One launcher at a time: two would clear away each other's half-made cluster."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_local.errors import LauncherError


@contextmanager
def held(path: Path, doing: str) -> Iterator[None]:
    """Hold the lock while the block runs; the kernel frees it if we are killed.

    Raises:
        LauncherError: Another launcher holds it; says which and what it does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read().strip() or "another command"
            raise LauncherError(
                f"The launcher is at work already ({holder}): wait until it has ended."
            ) from None
        stream.truncate(0)
        stream.write(f"{doing}, pid {os.getpid()}")
        stream.flush()
        yield
        stream.truncate(0)
