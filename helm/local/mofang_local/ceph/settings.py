"""What one Ceph of this machine is: its names, addresses and directories."""

import uuid
from dataclasses import dataclass
from pathlib import Path

IMAGE = "ceph"
"""Name of the image of all daemons and of the client."""

UID = 64045
"""User and group of Debian's daemons."""

FILE_SYSTEM = "cephfs"
CLIENT_KIND = "fuse.ceph-fuse"
"""Of file system, as the kernel calls what ceph-fuse mounts."""

MON_PORT = 3300
S3_PORT = 7480
GIB = 1024**3
DEFAULT_SIZE_BYTES = 12 * GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class CephSettings:
    """One Ceph: several may be on one machine, each in a namespace of its own."""

    namespace: str
    """Of the daemons, whose pods are restricted."""

    mon_address: str
    """ClusterIP of the monitor. It is in every client's configuration and never
    changes."""

    folder: Path
    """What it keeps: store of the monitor, file of the OSD, keys."""

    mounts: Path
    """Where it is mounted, below one directory for each node, which it sees itself."""

    size_bytes: int = DEFAULT_SIZE_BYTES
    """Of the OSD's file, which is sparse."""

    @property
    def mounts_namespace(self) -> str:
        """Of the pods that mount it on nodes, which are privileged."""
        return f"{self.namespace}-mounts"

    @property
    def fsid(self) -> str:
        """The cluster's identity, which follows from what it is made for."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mofang:{self.namespace}"))

    @property
    def osd_uuid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mofang:{self.namespace}:osd.0"))

    @property
    def data(self) -> Path:
        """What the daemons keep."""
        return self.folder / "data"

    def mount(self, node: str) -> Path:
        """Where a node has it, as that node sees its mounts.

        ``node``: name of the node.
        """
        return self.mounts / node / FILE_SYSTEM

    @property
    def operator_mount(self) -> Path:
        """Where the platform's operator finds it, with the key that sets quotas."""
        return self.mounts / "operator" / FILE_SYSTEM
