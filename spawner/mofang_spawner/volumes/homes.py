"""The homes of people: asked for here, made by the reconciler.

The kubelet would make a missing sub-path as root's, where its user cannot write. So a
Home is created for each user, and a server starts when its status says that it is
there.
"""

from typing import Any, ClassVar

from mofang_kube.errors import MofangError
from mofang_kube.names import API_VERSION, user_slug
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_kube.watcher import Watcher
from mofang_spawner.volumes.snapshot_requests import (
    STATUS_SECONDS,
    SnapshotRequests,
    status_of,
    wait_for_status,
)

HOMES_PATH = f"/apis/{API_VERSION}/homes"


class HomeUnavailableError(MofangError):
    """A home is not there."""

    code: ClassVar[str] = "home_unavailable"
    status: ClassVar[int] = 503


def trim_home(home: Manifest) -> Manifest:
    """Reduce a Home to what is read of it, for the cache."""
    metadata = home["metadata"]
    return {
        "metadata": {"name": metadata["name"]},
        "spec": {"user": (home.get("spec") or {}).get("user", "")},
        "status": home.get("status") or {},
    }


class Homes:
    """The homes of all users, as one watch sees them.

    Args:
        objects: Writes them.
        watcher: Follows them, by ``trim_home``.
        seconds: How long the reconciler may take.
    """

    def __init__(
        self,
        objects: ObjectStorage,
        watcher: Watcher,
        *,
        seconds: float = STATUS_SECONDS,
    ) -> None:
        self._objects = objects
        self._watcher = watcher
        self._seconds = seconds
        self._snapshots = SnapshotRequests(objects, watcher, seconds=seconds)

    def status(self, username: str) -> dict[str, Any]:
        """Return what the reconciler says of a home; empty for one not made yet."""
        return status_of(self._watcher, user_slug(username))

    async def create(self, username: str) -> None:
        """Ask for a home, unless it was asked for already.

        Raises:
            MofangError: Kubernetes refuses it, or does not answer.
        """
        if user_slug(username) not in self._watcher.objects:
            await self._objects.create_if_absent(_manifest(username))

    async def ensure(self, username: str) -> None:
        """Wait until a home is there.

        Raises:
            HomeUnavailableError: The storage or the reconciler does not make it.
            MofangError: Kubernetes refuses it, or does not answer.
        """
        if self.status(username).get("phase") == "Ready":
            return
        await self.create(username)
        status = await wait_for_status(
            self._watcher,
            user_slug(username),
            lambda found: "phase" in found,
            self._seconds,
        )
        if status is None:
            raise HomeUnavailableError(
                "Your home directory is not there yet: the reconciler does not answer. "
                "Try again in a minute; if that does not help, ask an administrator to "
                "look at the reconciler's log."
            )
        if status["phase"] != "Ready":
            raise HomeUnavailableError(
                f"{status.get('message', '')} Try again in a minute; if that does not "
                "help, ask an administrator."
            )

    async def snapshot(self, username: str) -> str:
        """Keep a home as it is now; return the snapshot's name.

        Raises:
            SnapshotUnavailableError: There is none; says why.
            MofangError: Kubernetes refuses it, or does not answer.
        """
        return await self._snapshots.take(_manifest(username))


def _manifest(username: str) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "Home",
        "metadata": {
            "name": user_slug(username),
            "labels": {"app.kubernetes.io/part-of": "mofang"},
        },
        "spec": {"user": username},
    }
