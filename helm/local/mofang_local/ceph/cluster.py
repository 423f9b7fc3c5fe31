"""Bringing one Ceph up on the running cluster, and away."""

import json
import os
import shutil
from pathlib import Path

from mofang_local import network
from mofang_local.ceph import keys, manifests, mounts
from mofang_local.ceph.settings import UID, CephSettings
from mofang_local.errors import StartError
from mofang_local.kubernetes import Kubectl, wait
from mofang_local.network import NODES

START_SECONDS = 180


class CephCluster:
    """One Ceph: its daemons and its mounts on the nodes."""

    def __init__(self, settings: CephSettings, kubectl: Kubectl) -> None:
        self.settings = settings
        self._kubectl = kubectl

    @property
    def keys(self) -> dict[str, str]:
        """The key of each entity, made once."""
        return keys.keys(self.settings.folder / "keys.json")

    def apply(self, image: str) -> None:
        """Create or update everything; a second time changes nothing.

        ``image``: reference of the image, which the nodes must have.
        """
        self._make_directories()
        share(self.settings.mounts)
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
        text = Path("/proc/self/mounts").read_text()
        return all(f" {each} fuse" in text for each in self.mount_points())

    def mount_points(self) -> list[Path]:
        """Where it is mounted on this machine."""
        nodes = [self.settings.mount(node.name) for node in NODES]
        return [*nodes, self.settings.operator_mount]

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
        unshare(self.settings.mounts)
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


def share(folder: Path) -> None:
    """Let mounts below a directory be seen by this machine and every pod on it."""
    if not _is_mounted(folder):
        network.run("mount", "--bind", str(folder), str(folder))
        network.run("mount", "--make-rshared", str(folder))


def unshare(folder: Path) -> None:
    """Remove everything that is mounted in a directory, and its sharing."""
    points = [
        line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()
    ]
    inside = [each for each in points if each == str(folder) or _within(each, folder)]
    for point in sorted(inside, key=len, reverse=True):
        network.run("umount", "--lazy", point, check=False)


def _within(point: str, folder: Path) -> bool:
    return point.startswith(f"{folder}/")


def _is_mounted(folder: Path) -> bool:
    text = Path("/proc/self/mounts").read_text()
    return any(line.split()[1] == str(folder) for line in text.splitlines())
