"""A Ceph of the tests' own on the running platform, beside whatever it stores on."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_local import loading, mount_namespaces
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
    cluster = CephCluster(SETTINGS, Kubectl(found), found)
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


def mount_on(node: str) -> Path:
    """Return where this machine sees the file system that a node has mounted."""
    (found,) = [each for each in NODES if each.name == node]
    root = mount_namespaces.root(paths(), found)
    return root / SETTINGS.mount(node).relative_to("/")


@contextmanager
def directories_on(
    source: Callable[[str], Path], target: Path, names: list[str]
) -> Iterator[None]:
    """Let directories of the platform's storage be those of another file system.

    Volumes, claims and sub-paths of pods stay as they are.

    Args:
        source: Root of the other file system by the name of a node, as that sees it.
        target: Root of the platform's storage.
        names: Directories that are below both.
    """
    found = paths()
    pairs = [(node, name) for node in NODES for name in names]
    try:
        for node, name in pairs:
            own, shown = source(node.name) / name, target / name
            mount_namespaces.run(found, node, "mount", "--bind", str(own), str(shown))
        yield
    finally:
        for node, name in pairs:
            command = ("umount", "--lazy", str(target / name))
            mount_namespaces.run(found, node, *command, check=False)


def mount_process(node: str) -> int:
    """Return the number of the process that mounts the file system on a node."""
    found = find_mount_process(node)
    assert found is not None, f"nothing mounts the file system on {node}"
    return found


def find_mount_process(node: str) -> int | None:
    """Return the same; None while there is none."""
    target = f"/{node}/{FILE_SYSTEM}"
    return _find_process(SETTINGS.mounts_namespace, "ceph-fuse", target)


def daemon_process(daemon: str) -> int:
    """Return the number of a daemon's process.

    ``daemon``: such as ``osd``.
    """
    found = _find_process(SETTINGS.namespace, f"ceph-{daemon}")
    assert found is not None, f"no {daemon} runs"
    return found


def _find_process(namespace: str, program: str, target: str = "") -> int | None:
    """Find a program of the tests' own pods, which others may run, too."""
    pods = Kubectl(paths()).get("pods", "-n", namespace)["items"]
    # Identities of pods, as they stand in names of cgroups.
    mine = [pod["metadata"]["uid"] for pod in pods]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
            cgroup = (entry / "cgroup").read_text()
        except OSError:
            continue
        is_asked = arguments[0] == program and any(
            each.endswith(target) for each in arguments
        )
        if is_asked and any(uid in cgroup for uid in mine):
            return int(entry.name)
    return None


def kill_mount(node: str) -> None:
    """End the process that mounts the file system on a node, as a crash would."""
    os.kill(mount_process(node), signal.SIGKILL)


def kill_daemon(daemon: str) -> None:
    """End a daemon as a crash would."""
    os.kill(daemon_process(daemon), signal.SIGKILL)


def restarts_of(daemon: str) -> int:
    """Return how often the kubelet has started a daemon's container anew."""
    (pod,) = Kubectl(paths()).get(
        "pods", "-n", SETTINGS.namespace, "-l", f"ceph-daemon={daemon}"
    )["items"]
    return int(pod["status"]["containerStatuses"][0]["restartCount"])


def evict_mount(cluster: CephCluster, node: str) -> None:
    """End the session of a node's mount, as the cluster does with a lost client."""
    sessions = json.loads(cluster.run("ceph", "tell", "mds.a", "session", "ls"))
    target = f"/{node}/{FILE_SYSTEM}"
    (identity,) = [
        each["id"]
        for each in sessions
        if each["client_metadata"].get("mount_point", "").endswith(target)
    ]
    cluster.run("ceph", "tell", "mds.*", "client", "evict", f"id={identity}")


def mount_log(client: str, node: str) -> str:
    """Return what the pod says that mounts with a client's key on a node."""
    pods = Kubectl(paths()).get(
        "pods", "-n", SETTINGS.mounts_namespace, "-l", f"ceph-client={client}"
    )["items"]
    (pod,) = [each for each in pods if each["spec"]["nodeName"] == node]
    name = pod["metadata"]["name"]
    return Kubectl(paths()).run("logs", "-n", SETTINGS.mounts_namespace, name)
