"""The directories of projects, as the hub asks for snapshots of them."""

from mofang_kube.names import API_VERSION
from mofang_kube.objects import ObjectStorage
from mofang_kube.watcher import Watcher
from mofang_spawner.volumes.snapshot_requests import SnapshotRequests


class ProjectDirectories:
    """Of all projects, as one watch sees them.

    Args:
        objects: Writes the requests.
        watcher: Follows the Projects.
    """

    def __init__(self, objects: ObjectStorage, watcher: Watcher) -> None:
        self._snapshots = SnapshotRequests(objects, watcher)

    async def snapshot(self, project: str) -> str:
        """Keep a project's directory as it is now; return the snapshot's name.

        Args:
            project: Name of one that exists.

        Raises:
            SnapshotUnavailableError: There is none; says why.
            MofangError: Kubernetes refuses it, or does not answer.
        """
        return await self._snapshots.take(
            {
                "apiVersion": API_VERSION,
                "kind": "Project",
                "metadata": {"name": project},
            }
        )
