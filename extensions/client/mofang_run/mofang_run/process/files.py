"""Write files so that readers see them whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put the content at the path, by a temporary name beside it.

    Args:
        path: File to create or replace.
        content: All of the file.
        mode: Permission bits, regardless of the umask.

    Raises:
        OSError: It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with suppress(FileNotFoundError):
        temporary.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(str(temporary), flags, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        os.replace(str(temporary), str(path))  # noqa: PTH105 - errors name both
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
