"""Move people's files from a local directory to the platform's Ceph, and back.

Services are stopped and files copied, compared, and only then used: one record says
which of the two counts, and it is written last. What is copied from stays as it is.
Interrupted at any moment, the same command goes on, and `make up` starts the platform
on what counts.
"""

import shutil
from pathlib import Path

from mofang_local import images, preflight, services, storage
from mofang_local.ceph.settings import IMAGE
from mofang_local.cluster import Cluster
from mofang_local.errors import PreflightError
from mofang_local.network import CPU_NODE
from mofang_local.storage import StorageKind
from mofang_local.tree_copy import PACKAGES, copy_tree, size_of

GIB = 1024**3
_ROOM = 1.1
"""What a copy may take, of what there is: other file systems keep files otherwise."""


class PlatformCeph:
    """The platform's own Ceph, as a migration needs it.

    Args:
        cluster: The running cluster.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._settings = storage.ceph_settings(cluster.paths)

    @property
    def folder(self) -> Path:
        """What it keeps on this machine."""
        return self._settings.folder

    def start(self) -> Path:
        """Bring it up, built if it never was; return where all of it is mounted."""
        cluster = self._cluster
        with cluster.progress.step(f"image {IMAGE}") as step:
            image = images.platform_image(cluster.paths, IMAGE, step.set_note)
        with cluster.progress.step("Ceph"):
            storage.start_ceph(cluster.paths, cluster.kubectl, image)
        return self._settings.operator_mount

    def find(self) -> Path:
        """Return where all of it is mounted.

        Raises:
            PreflightError: It is not.
        """
        mount = self._settings.operator_mount
        if not storage.client_mounts(self._cluster.paths, CPU_NODE, mount):
            raise PreflightError(f"Ceph is not mounted at {mount}: run `make up`.")
        return mount

    def end(self) -> None:
        """Take it off the cluster, as nothing counts on it; what it keeps stays."""
        with self._cluster.progress.step("end Ceph"):
            storage.end_unused_ceph(self._cluster.paths, self._cluster.kubectl)


class Migration:
    """One migration of the running platform's files.

    Args:
        cluster: The running cluster.
        target: What the files are to be on.
        ceph: The platform's.
    """

    def __init__(
        self, cluster: Cluster, target: StorageKind, ceph: PlatformCeph
    ) -> None:
        self._cluster = cluster
        self._paths = cluster.paths
        self._kubectl = cluster.kubectl
        self._target = target
        self._ceph = ceph

    def run(self) -> Path:
        """Copy, compare, and let the copy count; the services are stopped afterwards.

        Returns:
            Where the files that were copied still are. Nothing reads them any more.

        Raises:
            PreflightError: The platform, or somebody's server or job, is in the way.
            LauncherError: It failed; the services run again, on what they had.
        """
        self._check()
        progress = self._cluster.progress
        with progress.step("program that copies"):
            log = self._paths.build_logs / "packages.log"
            preflight.install(preflight.missing_packages(PACKAGES), log)
        source, target = self._roots()
        check_room(source, target)
        with progress.step("stop hub, reconciler and training service"):
            services.stop(self._kubectl)
        try:
            with progress.step(f"copy files to {self._target}") as step:
                copy_tree(source, target, step.set_note)
        except BaseException:
            services.start(self._kubectl)
            raise
        storage.record_kind(self._paths, self._target)
        storage.mount_root(self._paths)
        if self._target is StorageKind.CEPH:
            return self._paths.former_storage
        self._ceph.end()
        return self._ceph.folder

    def _check(self) -> None:
        current = storage.kind_of(self._paths)
        if current is self._target:
            raise PreflightError(
                f"All files are on STORAGE={current} already. `make up` starts the "
                "platform, whatever interrupted the migration."
            )
        if not self._cluster.is_running():
            raise PreflightError(
                "The platform does not run, and with it no Ceph: run `make up` first."
            )
        services.check_idle(self._kubectl)

    def _roots(self) -> tuple[Path, Path]:
        """Return where files are and where they go; both are there then."""
        if self._target is StorageKind.CEPH:
            return self._paths.storage, self._ceph.start()
        local = self._paths.former_storage
        local.mkdir(parents=True, exist_ok=True)
        return self._ceph.find(), local


def check_room(source: Path, target: Path) -> None:
    """Refuse a copy that does not fit, beside nothing but what the target has of it.

    Raises:
        PreflightError: Says how much is missing.
    """
    needed = int(size_of(source) * _ROOM)
    room = shutil.disk_usage(target).free + size_of(target)
    if needed > room:
        raise PreflightError(
            f"The files need {needed / GIB:.1f} GiB, and {target} has room for "
            f"{room / GIB:.1f} GiB. Delete files, or make room there."
        )
