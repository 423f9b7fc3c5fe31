"""Bringing one Ceph up on the running cluster, and away."""

import json
import os
import shutil
from pathlib import Path

from mofang_local import mount_namespaces
from mofang_local.ceph import keys, manifests, mounts
from mofang_local.ceph.settings import CLIENT_KIND, UID, CephSettings
from mofang_local.errors import StartError
from mofang_local.kubernetes import Kubectl, wait
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, NODES, Node

START_SECONDS = 180


class CephCluster:
    """One Ceph: its daemons and its mounts on the nodes.

    Args:
        settings: Which.
        kubectl: For the running cluster.
        paths: Directories of the one-machine platform that the cluster is of.
    """

    def __init__(
        self, settings: CephSettings, kubectl: Kubectl, paths: LocalPaths
    ) -> None:
        self.settings = settings
        self._kubectl = kubectl
        self._paths = paths

    @property
    def keys(self) -> dict[str, str]:
        """The key of each entity, made once."""
        return keys.keys(self.settings.folder / "keys.json")

    def apply(self, image: str) -> None:
        """Create or update everything; a second time changes nothing.

        ``image``: reference of the image, which the nodes must have.
        """
        self._make_directories()
        for node in NODES:
            self._share(node)
        self._kubectl.apply([manifests.namespace(self.settings)])
        self._kubectl.apply(manifests.daemons(self.settings, image, self.keys))
        self._kubectl.apply(mounts.manifests(self.settings, image, self.keys))

    def wait(self) -> None:
        """Until every node has it mounted.

        Raises:
            StartError: Not in time.
        """
        wait(self._has_monitor, what="Ceph's monitor", seconds=START_SECONDS)
        self.setup()
        wait(self.is_mounted, what="a mounted CephFS", seconds=START_SECONDS)

    def setup(self) -> None:
        """Make pools and file system, and put the keys' rights right."""
        self.run("sh", "/opt/ceph/setup")

    def is_mounted(self) -> bool:
        """Whether every node and the operator have it mounted."""
        wanted = [(node, self.settings.mount(node.name)) for node in NODES]
        wanted.append((CPU_NODE, self.settings.operator_mount))
        return all(
            (point, CLIENT_KIND) in mount_namespaces.mounts(self._paths, node)
            for node, point in wanted
        )

    def run(self, *command: str) -> str:
        """Run a command in the monitor's pod, which has the administrator's key.

        Raises:
            StartError: It failed, with its words.
        """
        return self._kubectl.run(
            *("exec", "-n", self.settings.namespace, "deployment/mon", "-c", "mon"),
            "--",
            *command,
        )

    def status(self) -> dict[str, object]:
        """What ``ceph status`` says."""
        said: dict[str, object] = json.loads(self.run("ceph", "-s", "-f", "json"))
        return said

    def _has_monitor(self) -> bool:
        try:
            self.run("ceph", "--connect-timeout", "5", "mon", "stat")
        except StartError:
            return False
        return True

    def remove(self, *, data: bool = False) -> None:
        """Take it off the cluster.

        ``data``: remove what it keeps, too.
        """
        for namespace in (self.settings.mounts_namespace, self.settings.namespace):
            self._kubectl.run("delete", "namespace", namespace, "--ignore-not-found")
        self._kubectl.run(
            *("delete", "persistentvolume", f"{self.settings.namespace}-data"),
            "--ignore-not-found",
        )
        for node in NODES:
            self._unmount(node)
        if data:
            shutil.rmtree(self.settings.folder, ignore_errors=True)

    def _make_directories(self) -> None:
        settings = self.settings
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (settings.data, settings.data / "mon", settings.data / "osd"):
            folder.mkdir(mode=0o700, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(folder, UID, UID)
        settings.mounts.mkdir(parents=True, exist_ok=True)

    def _share(self, node: Node) -> None:
        """Let a node and every pod on it see what is mounted below the directory."""
        folder = self.settings.mounts
        if folder not in self._points(node):
            for flags in (["--bind", str(folder)], ["--make-rshared"]):
                mount_namespaces.run(self._paths, node, "mount", *flags, str(folder))

    def _unmount(self, node: Node) -> None:
        """Remove what a node has mounted in the directory, and its sharing."""
        folder = self.settings.mounts
        inside = [
            each
            for each in self._points(node)
            if each == folder or folder in each.parents
        ]
        for point in sorted(inside, key=lambda each: len(each.parts), reverse=True):
            mount_namespaces.run(
                self._paths, node, "umount", "--lazy", str(point), check=False
            )

    def _points(self, node: Node) -> list[Path]:
        return [point for point, _ in mount_namespaces.mounts(self._paths, node)]
