"""What people's files lie on: a directory of this machine, or a CephFS of its own.

Volumes and claims are the same for both: a CephFS is mounted over the directory.
"""

import shutil
from enum import StrEnum
from pathlib import Path

from mofang_local import loading, mount_namespaces
from mofang_local.ceph.cluster import CephCluster
from mofang_local.ceph.settings import CLIENT_KIND, IMAGE, CephSettings
from mofang_local.errors import PreflightError, StartError
from mofang_local.files import write_private
from mofang_local.images import Image
from mofang_local.kubernetes import Kubectl
from mofang_local.local_paths import LocalPaths
from mofang_local.log_migration import OWNER, make_shared_directories
from mofang_local.network import CPU_NODE, NODES, Node


class StorageKind(StrEnum):
    """What holds people's files."""

    LOCAL = "local"
    CEPH = "ceph"


def choose(paths: LocalPaths, wanted: str | None) -> StorageKind:
    """Return what this platform stores on, and remember it.

    Args:
        paths: Directories of the one-machine platform.
        wanted: What was asked for; None for what it is, a directory at first.

    Raises:
        PreflightError: It already keeps files on the other.
    """
    record = paths.state / "storage"
    is_new = not (paths.state / "etcd").exists()
    known = (
        StorageKind(record.read_text().strip())
        if record.exists() and not is_new
        else None
    )
    # What was begun before there was a choice.
    if known is None and not is_new:
        known = StorageKind.LOCAL
    kind = StorageKind(wanted) if wanted else known or StorageKind.LOCAL
    if known and kind != known:
        raise PreflightError(
            f"This platform keeps people's files on STORAGE={known}, and "
            f"STORAGE={kind} would begin without them. Start it by `make up "
            f"STORAGE={known}`; `make migrate STORAGE={kind}` then moves all files."
        )
    record_kind(paths, kind)
    return kind


def record_kind(paths: LocalPaths, kind: StorageKind) -> None:
    """Remember what this platform stores on."""
    write_private(paths.state / "storage", f"{kind}\n")


def mount_root(paths: LocalPaths) -> None:
    """Let the directory that volumes begin with be where the files are.

    Files of a local directory make way for a CephFS that they were migrated to, and
    come back when these have been migrated back. What a migration that was interrupted
    left undone is done.

    Raises:
        StartError: Something is in the way.
    """
    here, former = paths.storage, paths.former_storage
    if kind_of(paths) is StorageKind.CEPH:
        if (here / "users").is_dir() and not client_mounts(paths, CPU_NODE, here):
            if former.exists():
                raise StartError(
                    f"Files of people are in {here} and in {former}: one of them is "
                    "left from before. Move it elsewhere."
                )
            here.rename(former)
        return
    if not former.exists():
        return
    for node in NODES:
        for each in reversed(client_mounts(paths, node, here)):
            mount_namespaces.run(paths, node, "umount", "--lazy", str(each))
    try:
        if here.exists():
            here.rmdir()
        former.rename(here)
    except OSError as error:
        raise StartError(
            f"{former} cannot become {here}: {error.strerror}. Move away what is there."
        ) from error


def kind_of(paths: LocalPaths) -> StorageKind:
    """Return what ``choose`` has remembered."""
    record = paths.state / "storage"
    return (
        StorageKind(record.read_text().strip())
        if record.exists()
        else StorageKind.LOCAL
    )


def ceph_settings(paths: LocalPaths) -> CephSettings:
    """The platform's own Ceph."""
    return CephSettings(
        namespace="ceph",
        mon_address="10.96.0.30",
        folder=paths.state / "data" / "ceph",
        mounts=paths.state / "mounts",
    )


def root(paths: LocalPaths) -> Path:
    """Where the platform's own services find all files, to set quotas on them."""
    if kind_of(paths) is StorageKind.CEPH:
        return ceph_settings(paths).operator_mount
    return paths.storage


def start_ceph(paths: LocalPaths, kubectl: Kubectl, image: Image) -> CephCluster:
    """Bring Ceph up, with the directories that volumes begin with.

    Args:
        paths: Directories of the one-machine platform.
        kubectl: For the running cluster.
        image: Of all daemons.

    Raises:
        StartError: It did not come up.
    """
    for node in NODES:
        loading.load(paths, node, {IMAGE: image})
    cluster = CephCluster(ceph_settings(paths), kubectl, paths)
    cluster.apply(image.reference)
    cluster.wait()
    make_shared_directories(cluster.settings.operator_mount)
    make_private_directory(cluster.settings.operator_mount / "audit")
    return cluster


def end_unused_ceph(paths: LocalPaths, kubectl: Kubectl) -> None:
    """Take a Ceph off the cluster where the files that count are elsewhere.

    A migration that was interrupted leaves one. What it keeps stays, so that the
    migration goes on from there.
    """
    cluster = CephCluster(ceph_settings(paths), kubectl, paths)
    own = {cluster.settings.namespace, cluster.settings.mounts_namespace}
    found = {each["metadata"]["name"] for each in kubectl.get("namespaces")["items"]}
    if kind_of(paths) is not StorageKind.CEPH and own & found:
        cluster.remove()


def mount_ceph(paths: LocalPaths) -> None:
    """Mount the running Ceph where the volumes of projects begin.

    One path leads to the node's own mount on each of them.
    """
    target = paths.storage
    target.mkdir(parents=True, exist_ok=True)
    for node in NODES:
        if client_mounts(paths, node, target):
            continue
        # Whoever comes too early finds nothing to write to.
        mount_namespaces.run(paths, node, "chmod", "0555", str(target))
        source = ceph_settings(paths).mount(node.name)
        mount_namespaces.run(paths, node, "mount", "--bind", str(source), str(target))


def make_private_directory(folder: Path) -> None:
    """Make a directory that is the platform's own services' alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    shutil.chown(folder, OWNER, OWNER)


def client_mounts(paths: LocalPaths, node: Node, below: Path) -> list[Path]:
    """Mounts of a CephFS at a path and below it, as a node sees them.

    Args:
        paths: Directories of the one-machine platform.
        node: The node; one that was not started has none.
        below: The path.
    """
    return [
        point
        for point, kind in mount_namespaces.mounts(paths, node)
        if kind == CLIENT_KIND and (point == below or below in point.parents)
    ]


def has_client_mounts(paths: LocalPaths) -> bool:
    """Whether a CephFS of this machine is mounted on any node."""
    return any(client_mounts(paths, node, paths.state) for node in NODES)


def flush(paths: LocalPaths) -> None:
    """Let what clients hold back be written; for before the daemons end."""
    for node in NODES:
        for point in client_mounts(paths, node, paths.state):
            command = ("timeout", "20", "sync", "--file-system", str(point))
            mount_namespaces.run(paths, node, *command, check=False)
