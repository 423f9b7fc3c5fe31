"""CPU and memory limits of this container, for programs that would use the machine's.

Reads version 1 and version 2 of control groups.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def cores(cgroup: Path = CGROUP) -> int:
    """Return the container's cores, at least 1."""
    quota, period = _quota(cgroup)
    available = len(os.sched_getaffinity(0))
    if quota <= 0 or period <= 0:
        return available
    return max(1, min(available, math.ceil(quota / period)))


def memory_bytes(cgroup: Path = CGROUP) -> int:
    """Return the container's memory, or the machine's where it has no limit."""
    limit = memory_limit(cgroup)
    return _node_bytes() if limit is None else limit


def memory_limit(cgroup: Path = CGROUP) -> int | None:
    """Return the container's own limit, in bytes; None where it has none."""
    files = (cgroup / "memory.max", cgroup / "memory" / "memory.limit_in_bytes")
    limits = [_number(_read(file)) for file in files]
    # Version 1 says that there is none by a number beyond any machine's memory.
    real = [limit for limit in limits if 0 < limit < _node_bytes()]
    return min(real, default=None)


def _node_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _quota(cgroup: Path) -> tuple[int, int]:
    content = _read(cgroup / "cpu.max").split()
    if len(content) == len(("quota", "period")):
        return _number(content[0]), _number(content[1])
    old = cgroup / "cpu"
    return (
        _number(_read(old / "cpu.cfs_quota_us")),
        _number(_read(old / "cpu.cfs_period_us")),
    )


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        # It is of the other version of control groups.
        return ""


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
