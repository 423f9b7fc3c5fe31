"""What the container as a whole uses: CPU and memory by its control group, network."""

from __future__ import annotations

import os
from pathlib import Path

from mofang_run.metrics.processes import PROC
from mofang_run.network.addresses import PREFERRED
from mofang_run.process.cgroup import CGROUP

SLACK_SECONDS = 30.0
"""What processes that nobody collected may have used before the first look."""

_MICRO, _NANO = 1e6, 1e9


class ContainerUsage:
    """Reads the container's own control group, of either version.

    It is believed only if nothing but the wrapper and its children is in it, and if it
    used no more than they did: outside of a container, the group that shows is that of
    the whole machine.

    Args:
        seconds: CPU time that the wrapper's children used so far.
        cgroup: Where control groups show.
        proc: Where processes show.
    """

    def __init__(
        self, seconds: float, cgroup: Path = CGROUP, proc: Path = PROC
    ) -> None:
        self._cgroup = cgroup
        self._proc = proc
        used = self._group_seconds()
        self._is_ours = (
            used is not None
            and used <= 2 * seconds + SLACK_SECONDS
            and self._holds_only_us()
        )

    def cpu_seconds(self) -> float | None:
        """Return what all processes used but this one; None if it is not known."""
        return self._group_seconds() if self._is_ours else None

    def memory_bytes(self) -> int | None:
        """Return memory in use without what could be freed at once, as Kubernetes.

        None if it is not known.
        """
        return group_memory_bytes(self._cgroup) if self._is_ours else None

    def network_bytes(self, interface: str = PREFERRED) -> tuple[int, int] | None:
        """Return bytes received and sent; None without the interface."""
        for line in _read(self._proc / "self" / "net" / "dev").splitlines():
            name, colon, rest = line.partition(":")
            words = rest.split()
            if colon and name.strip() == interface and len(words) >= 9:  # noqa: PLR2004
                return int(words[0]), int(words[8])
        return None

    def _group_seconds(self) -> float | None:
        used = group_cpu_seconds(self._cgroup)
        return None if used is None else _without_own(used)

    def _holds_only_us(self) -> bool:
        for folder in ("", "cpuacct", "cpu,cpuacct"):
            words = _read(self._cgroup / folder / "cgroup.procs").split()
            # Processes of other namespaces, such as shells in ours, show as 0.
            others = {int(word) for word in words if word.isdigit()} - {0}
            if others:
                return all(self._is_near(pid) for pid in others)
        return False

    def _is_near(self, pid: int) -> bool:
        own = os.getpid()
        if pid == own:
            return True
        content = _read(self._proc / str(pid) / "stat")
        words = content[content.rfind(")") + 1 :].split()
        # Of a process that has just ended nothing can be said, and nothing need be.
        return not words or int(words[1]) == own


def group_memory_bytes(cgroup: Path = CGROUP) -> int | None:
    """Return what a control group uses without what could be freed at once.

    None if it is not known.
    """
    old = cgroup / "memory"
    for used, stat, name in (
        (cgroup / "memory.current", cgroup / "memory.stat", ""),
        (old / "memory.usage_in_bytes", old / "memory.stat", "total_"),
    ):
        text = _read(used).strip()
        if text.isdigit():
            cached = _field(_read(stat), f"{name}inactive_file")
            return max(int(text) - cached, 0)
    return None


def group_cpu_seconds(cgroup: Path = CGROUP) -> float | None:
    """Return CPU time that a control group has used; None if it is not known."""
    for line in _read(cgroup / "cpu.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == "usage_usec" and value.isdigit():
            return int(value) / _MICRO
    for folder in ("cpuacct", "cpu,cpuacct"):
        value = _read(cgroup / folder / "cpuacct.usage").strip()
        if value.isdigit():
            return int(value) / _NANO
    return None


def _without_own(seconds: float) -> float:
    own = os.times()
    return max(seconds - own.user - own.system, 0.0)


def _field(text: str, name: str) -> int:
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return 0


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        # It is of the other version of control groups, or not shown here.
        return ""
