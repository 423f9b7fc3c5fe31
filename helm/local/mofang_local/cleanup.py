"""Ending what a platform left on the machine, however it came to an end.

Everything is found by what only this platform has: its cgroups, its shim
program, its folders. Nothing else on the machine is touched.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from mofang_local import cgroups, network, storage
from mofang_local.local_paths import LocalPaths
from mofang_local.processes import Supervisor

STOP_ORDER = (
    "forwarder",
    "kube-router-gpu-1",
    "kube-router-cpu-1",
    "kube-proxy-gpu-1",
    "kube-proxy-cpu-1",
    "kubelet-gpu-1",
    "kubelet-cpu-1",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "containerd-gpu-1",
    "containerd-cpu-1",
    "etcd",
)


_STORAGE_PROGRAMS = frozenset(
    (b"ceph-mon", b"ceph-mgr", b"ceph-osd", b"ceph-mds", b"ceph-fuse", b"radosgw")
)


def _container_pids() -> set[int]:
    """Processes inside the cgroups of our nodes."""
    return {pid for node in network.NODES for pid in cgroups.pids(node.cgroup)}


def _clients_of_storage() -> set[int]:
    """Processes in containers, without those that a CephFS consists of."""
    return {pid for pid in _container_pids() if not _is_storage(pid)}


def _is_storage(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    program = words[0].rpartition(b"/")[2]
    return program in _STORAGE_PROGRAMS or b"ceph_mount" in words


def _shim_pids(paths: LocalPaths) -> set[int]:
    """Containerd's shims that serve one of our sockets."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().decode(errors="replace").split("\0")
            ours = any(word.startswith(str(paths.run)) for word in words)
            if words[0].endswith("containerd-shim-runc-v2") and ours:
                found.add(int(entry.parent.name))
    return found


def _stray_pids() -> set[int]:
    """Whatever still lives in our namespaces, recorded or not.

    A launcher killed between starting a program and recording it leaves one
    that nobody knows; an etcd of that kind would hold the data's lock.
    """
    found: set[int] = set()
    for node in network.NODES:
        listed = network.ip("netns", "pids", node.namespace, check=False)
        found.update(int(pid) for pid in listed.split())
    return found - {os.getpid()}


def end_strays(*, grace_seconds: float = 5) -> None:
    """End what is left in our namespaces."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + grace_seconds
        for pid in _stray_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
        while _stray_pids() and time.monotonic() < deadline:
            time.sleep(0.05)


def end_containers(paths: LocalPaths, *, grace_seconds: float = 5) -> None:
    """End every container: politely, then for good.

    Where files are on a CephFS of this machine, its own processes are the last: what
    the others have written is with them.
    """
    if storage.has_client_mounts(paths):
        _end_processes(_clients_of_storage, grace_seconds)
        storage.flush(paths)
    _end_processes(_container_pids, grace_seconds)
    for pid in _shim_pids(paths):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _end_processes(find: Callable[[], set[int]], grace_seconds: float) -> None:
    for sign, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 10.0)):
        deadline = time.monotonic() + seconds
        for pid in find():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
        while find() and time.monotonic() < deadline:
            time.sleep(0.1)


def unmount(below: Path) -> None:
    """Unmount everything mounted under a folder, innermost first."""
    points = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        point = line.split()[1].replace("\\040", " ")
        if point.startswith(f"{below}/"):
            points.append(point)
    for point in sorted(points, key=len, reverse=True):
        subprocess.run(  # noqa: S603 - the command is ours
            ["umount", "-l", point],  # noqa: S607 - the system's own
            capture_output=True,
            check=False,
        )


def _remove_cgroups() -> None:
    for name in (*(node.cgroup for node in network.NODES), cgroups.SYSTEM):
        cgroups.remove(name)


def stop_everything(paths: LocalPaths, supervisor: Supervisor) -> None:
    """Bring the machine back to where nothing of the platform runs.

    What people keep (etcd, images, data) stays.
    """
    known = supervisor.names()
    for name in [name for name in STOP_ORDER if name in known]:
        if name == "containerd-gpu-1":
            end_containers(paths)
        supervisor.stop(name)
    for name in set(known) - set(STOP_ORDER):
        supervisor.stop(name)
    end_containers(paths, grace_seconds=0)
    end_strays()
    unmount(paths.state)
    network.remove()
    _remove_cgroups()
    shutil.rmtree(paths.run, ignore_errors=True)
