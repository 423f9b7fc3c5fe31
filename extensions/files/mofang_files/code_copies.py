"""Copies of code of jobs: those that no job will read again may go."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from mofang_files.confined import names_in, opened
from mofang_files.kinds import CODE
from mofang_files.space import BLOCK
from mofang_files.survey import Item, ItemPath

KEPT = timedelta(days=1)
"""So long nobody is asked: a job may be about to be submitted."""

FindUnneeded = Callable[[], set[str]]
"""Returns the SHA-256 of copies that no job needs."""


def find_unneeded() -> set[str]:
    """Ask the training service which copies no unfinished job needs; on any doubt none.

    It sees the jobs of this server's project: what was used in another stays.
    """
    # Start-up time of every server counts.
    from mofang.client import Client  # noqa: PLC0415
    from mofang.errors import MofangError  # noqa: PLC0415

    try:
        with Client() as client:
            return client.unneeded_snapshots(KEPT)
    except MofangError:
        return set()


def only_unneeded(item: Item, home: Path, unneeded: set[str]) -> Item | None:
    """Return the item of those copies that may go; None where there is none.

    Args:
        item: Of the directory of all copies.
        home: That it is in.
        unneeded: As ``find_unneeded`` returned them.
    """
    paths: list[ItemPath] = []
    size = 0
    used = 0.0
    with suppress(OSError), opened(home, CODE) as folder:
        for name in sorted(names_in(folder)):
            # Beside an archive are marks of the projects that used it.
            if name.partition(".")[0] not in unneeded:
                continue
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                parts = (*CODE, name)
                paths.append(
                    ItemPath(parts=parts, device=status.st_dev, inode=status.st_ino)
                )
                size += status.st_blocks * BLOCK
                used = max(used, status.st_mtime)
    if not paths:
        return None
    return replace(item, paths=tuple(paths), bytes=size, files=len(paths), used=used)
