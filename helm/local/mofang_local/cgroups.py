"""Cgroups of the platform's parts: which share of the processors each of them gets.

On a cluster of many machines the pods of a node have all of its processors, and the
control plane has processors of its own. Here all share one machine. Without cgroups for
them, the pods of a node count together as much as one single thread of the API server,
so that servers and services stand still whenever the API server is busy. Each node and
the control plane weigh as much as all processors of the machine do.
"""

import contextlib
import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
SYSTEM = "/mofang-system"
"""The control plane, and what runs the pods of the nodes."""

_SHARES_PER_CPU = 1024
_MAX_SHARES = 262_144
_WEIGHT_PER_CPU = 100
_MAX_WEIGHT = 10_000


def folders(name: str, root: Path = ROOT) -> list[Path]:
    """Return a cgroup's folder in every hierarchy of this machine.

    Args:
        name: Of the cgroup, from ``/`` on.
        root: Where the hierarchies are mounted; in version 2 it is the only one.
    """
    below = name.lstrip("/")
    if _is_unified(root):
        return [root / below]
    return [
        hierarchy / below
        for hierarchy in sorted(root.iterdir())
        if hierarchy.is_dir() and not hierarchy.is_symlink()
    ]


def create(name: str, root: Path = ROOT) -> None:
    """Make a cgroup that weighs as much as all processors of the machine.

    Args:
        name: Of the cgroup, from ``/`` on.
        root: Where the hierarchies are mounted.
    """
    delegate_controllers(root)
    cpus = os.cpu_count() or 1
    for folder in folders(name, root):
        folder.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            here, parent = folder / setting, folder.parent / setting
            if here.exists() and parent.exists() and not here.read_text().strip():
                here.write_text(parent.read_text())
        for setting, value in (
            ("cpu.shares", min(_SHARES_PER_CPU * cpus, _MAX_SHARES)),
            ("cpu.weight", min(_WEIGHT_PER_CPU * cpus, _MAX_WEIGHT)),
        ):
            if (folder / setting).exists():
                (folder / setting).write_text(str(value))


def delegate_controllers(root: Path = ROOT) -> None:
    """Let cgroups below the root have its controllers; version 2 asks for that."""
    if not _is_unified(root):
        return
    for controller in (root / "cgroup.controllers").read_text().split():
        # One that the machine keeps to itself is no reason to stop.
        with contextlib.suppress(OSError):
            (root / "cgroup.subtree_control").write_text(f"+{controller}")


def add_process(name: str, pid: int, root: Path = ROOT) -> None:
    """Put a process, and what it will start, into the cgroup that counts its time.

    Args:
        name: Of a cgroup that was created.
        pid: Of a process that has just begun.
        root: Where the hierarchies are mounted.
    """
    for folder in folders(name, root):
        if any((folder / each).exists() for each in ("cpu.shares", "cpu.weight")):
            # One that has ended meanwhile is noticed by whoever waits for it.
            with contextlib.suppress(ProcessLookupError):
                (folder / "cgroup.procs").write_text(str(pid))


def pids(name: str, root: Path = ROOT) -> set[int]:
    """Return the processes in a cgroup and in those below it.

    Args:
        name: Of the cgroup; it need not be there.
        root: Where the hierarchies are mounted.
    """
    found: set[int] = set()
    for folder in folders(name, root):
        for group in _groups_below(folder):
            with contextlib.suppress(OSError):
                listing = (group / "cgroup.procs").read_text()
                found.update(int(pid) for pid in listing.split())
    return found


def remove(name: str, root: Path = ROOT) -> None:
    """Remove a cgroup whose processes have ended, and those below it.

    Args:
        name: Of the cgroup; it need not be there.
        root: Where the hierarchies are mounted.
    """
    for folder in folders(name, root):
        for group in _groups_below(folder):
            with contextlib.suppress(OSError):
                group.rmdir()


def _is_unified(root: Path) -> bool:
    return (root / "cgroup.controllers").exists()


def _groups_below(folder: Path) -> list[Path]:
    """Return a cgroup and all within it, innermost first.

    The kubelet removes some while one looks, over which os.walk just steps.
    """
    return [Path(group) for group, _, _ in os.walk(folder, topdown=False)]
