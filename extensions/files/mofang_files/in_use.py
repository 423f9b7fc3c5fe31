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
    """Return the absolute paths that processes work in, have open or have mapped.

    Args:
        processes: Where the kernel shows them; others' are passed over.
    """
    return set(islice(_open_files(processes), _FILES))


def _open_files(processes: Path) -> Iterator[str]:
    try:
        names = [each for each in os.listdir(processes) if each.isdigit()]
    except OSError:
        return
    for name in names[:_PROCESSES]:
        process = processes / name
        with suppress(OSError):
            yield os.readlink(process / "cwd")
        with suppress(OSError):
            for each in os.listdir(process / "fd"):
                with suppress(OSError):
                    yield os.readlink(process / "fd" / each)
        with suppress(OSError):
            for path in _MAPPED.findall((process / "maps").read_bytes()):
                yield os.fsdecode(path)


def is_open(path: Path, files: set[str]) -> bool:
    """Say whether a file, or anything in a directory, is among those open.

    Args:
        path: Absolute, without links.
        files: As ``open_files`` returned them.
    """
    text = str(path)
    return any(each == text or each.startswith(f"{text}/") for each in files)
