"""A Ceph of the tests' own on the running platform, beside whatever it stores on."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_local import loading
from mofang_local.ceph.cluster import CephCluster
from mofang_local.ceph.settings import FILE_SYSTEM, GIB, IMAGE, S3_PORT, CephSettings
from mofang_local.images import platform_image
from mofang_local.kubernetes import Kubectl
from mofang_local.local_paths import paths
from mofang_local.log_migration import make_shared_directories
from mofang_local.network import NODES
from support.eventually import eventually
from support.platform import state_folder
from support.ports import free_port, is_open

_FOLDER = state_folder() / "ceph-test"
SETTINGS = CephSettings(
    namespace="ceph-test",
    mon_address="10.96.0.31",
    folder=_FOLDER / "state",
    mounts=_FOLDER / "mounts",
    size_bytes=4 * GIB,
)


@contextmanager
def running_ceph() -> Iterator[CephCluster]:
    """Daemons, a file system and its mounts; all of it is removed at the end."""
    found = paths()
    image = platform_image(found, IMAGE, print)
    for node in NODES:
        loading.load(found, node, {IMAGE: image})
    cluster = CephCluster(SETTINGS, Kubectl(found))
    # Of a run that was killed.
    cluster.remove(data=True)
    try:
        cluster.apply(image.reference)
        cluster.wait()
        make_shared_directories(SETTINGS.operator_mount)
        yield cluster
    finally:
        cluster.remove(data=True)


@contextmanager
def forwarded_s3() -> Iterator[str]:
    """Forward a port of this machine to radosgw; yields its URL."""
    found, namespace = paths(), SETTINGS.namespace
    kubectl = Kubectl(found)
    kubectl.run(
        *("rollout", "status", "deployment/rgw", "-n", namespace, "--timeout=180s")
    )
    port = free_port()
    command = [str(found.programs / "kubectl"), "port-forward", "-n", namespace]
    with subprocess.Popen(
        [*command, "service/rgw", f"{port}:{S3_PORT}"],
        env=kubectl.environment(),
        stdout=subprocess.DEVNULL,
    ) as forwarding:
        try:
            eventually(lambda: is_open(port), within=30, what="radosgw is reached")
            yield f"http://127.0.0.1:{port}"
        finally:
            forwarding.terminate()


@contextmanager
def directories_on(source: Path, target: Path, names: list[str]) -> Iterator[None]:
    """Let directories of the platform's storage be those of another file system.

    Volumes, claims and sub-paths of pods stay as they are.

    Args:
        source: Root of the other file system, as a node mounts it.
        target: Root of the platform's storage.
        names: Directories that are below both.
    """
    try:
        for name in names:
            command = ["mount", "--bind", str(source / name), str(target / name)]
            subprocess.run(command, check=True)
        yield
    finally:
        for name in names:
            command = ["umount", "--lazy", str(target / name)]
            subprocess.run(command, check=False, capture_output=True)


def mount_process(node: str) -> int:
    """Return the number of the process that mounts the file system on a node."""
    target = f"/{node}/{FILE_SYSTEM}".encode()
    mine = _cgroup_names()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
            cgroup = (entry / "cgroup").read_text()
        except OSError:
            continue
        is_client = arguments[0] == b"ceph-fuse"
        is_here = any(each.endswith(target) for each in arguments)
        if is_client and is_here and any(name in cgroup for name in mine):
            return int(entry.name)
    raise AssertionError(f"no ceph-fuse of these tests runs on {node}")


def _cgroup_names() -> list[str]:
    """Identities of the tests' own mount pods, as they stand in names of cgroups."""
    pods = Kubectl(paths()).get("pods", "-n", SETTINGS.mounts_namespace)["items"]
    return [pod["metadata"]["uid"] for pod in pods]


def kill_mount(node: str) -> None:
    """End the process that mounts the file system on a node, as a crash would."""
    os.kill(mount_process(node), signal.SIGKILL)
