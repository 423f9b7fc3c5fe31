"""What processes of this container have open, so that nobody removes it unawares.

Jobs run in containers of their own, which nobody sees from here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

_PROCESSES = 2_000
_FILES = 50_000
_MAPPED = re.compile(rb"(?<= )/.*$", re.MULTILINE)


def open_files(processes: Path = Path("/proc")) -> set[str]:
    """Return what processes work in, have open or have mapped, and all above it.

    Args:
        processes: Where the kernel shows them; others' are passed over.

    Returns:
        Absolute paths of files and directories.
    """
    found: set[str] = set()
    for each in islice(_open_files(processes), _FILES):
        path = each
        while path not in found and path not in {"", "/"}:
            found.add(path)
            path = path.rpartition("/")[0]
    return found


def _open_files(processes: Path) -> Iterator[str]:
    try:
        found = [each for each in processes.iterdir() if each.name.isdigit()]
    except OSError:
        return
    for process in found[:_PROCESSES]:
        with suppress(OSError):
            yield str((process / "cwd").readlink())
        with suppress(OSError):
            for each in (process / "fd").iterdir():
                with suppress(OSError):
                    yield str(each.readlink())
        with suppress(OSError):
            for path in _MAPPED.findall((process / "maps").read_bytes()):
                yield os.fsdecode(path)
