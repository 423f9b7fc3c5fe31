"""Which file system a path is on, told without asking that file system."""

from __future__ import annotations

import os
import re
from pathlib import Path

_ESCAPED = re.compile(rb"\\([0-7]{3})")
_TABLE = Path("/proc/self/mountinfo")
_POINT = 4
"""The field with the mount point."""


def find_mount_point(path: str, table: Path = _TABLE) -> str:
    """Return where the file system is mounted that a path is on.

    Links are not followed, which would ask the file system.

    Args:
        path: Absolute, without ``..``.
        table: What the kernel shows of this process' mounts.
    """
    found = ""
    for line in table.read_bytes().splitlines():
        point = os.fsdecode(_ESCAPED.sub(_character, line.split(b" ")[_POINT]))
        beneath = path == point or path.startswith(f"{point.rstrip('/')}/")
        if beneath and len(point) > len(found):
            found = point
    return found or "/"


def _character(octal: re.Match[bytes]) -> bytes:
    return bytes([int(octal[1], 8)])
