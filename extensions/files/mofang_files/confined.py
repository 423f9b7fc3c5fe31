"""Open what is beneath a directory part by part, and never through a link.

Jobs and kernels write in a home while it is looked through: no name can be swapped
between a check and its use, and nothing outside of the home is reached.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened(
    root: Path, parts: Sequence[str] = (), *, make: bool = False
) -> Iterator[int]:
    """Open a directory beneath a root; its descriptor is closed afterwards.

    Args:
        root: Followed through links, as it is no path of the person's.
        parts: Of the path beneath it.
        make: Whether parts that are missing are made, for the person alone.

    Raises:
        OSError: A part of it is not there, or no directory.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=folder)
            deeper = os.open(part, DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = deeper
        yield folder
    finally:
        os.close(folder)


def names_in(folder: int) -> list[str]:
    """Return the names in an open directory."""
    with os.scandir(folder) as entries:
        return [each.name for each in entries]
