"""Snapshots that are asked for by an annotation, and answered by a status.

Only the reconciler's mount may make them. It answers in ``status.requestedSnapshot`` of
the same object, a Home or a Project.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, ClassVar

from mofang_kube.errors import MofangError
from mofang_kube.names import SNAPSHOT_REQUEST_ANNOTATION
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_kube.watcher import Watcher

STATUS_SECONDS = 15.0
"""How long the reconciler may take."""


class SnapshotUnavailableError(MofangError):
    """A snapshot was not taken."""

    code: ClassVar[str] = "snapshot_unavailable"
    status: ClassVar[int] = 503


class SnapshotRequests:
    """Asks for snapshots of the directories of one kind of objects.

    Args:
        objects: Writes the requests.
        watcher: Follows the objects, with their status.
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

    async def take(self, manifest: Manifest) -> str:
        """Keep the directory of an object as it is now; return the snapshot's name.

        Args:
            manifest: Names the object.

        Raises:
            SnapshotUnavailableError: There is none; says why.
            MofangError: Kubernetes refuses it, or does not answer.
        """
        request = datetime.now(UTC).isoformat(timespec="milliseconds")
        annotations = {SNAPSHOT_REQUEST_ANNOTATION: request}
        await self._objects.merge(manifest, {"metadata": {"annotations": annotations}})

        def is_answered(status: dict[str, Any]) -> bool:
            answer: dict[str, str] = status.get("requestedSnapshot") or {}
            return answer.get("request") == request

        status = await wait_for_status(
            self._watcher, manifest["metadata"]["name"], is_answered, self._seconds
        )
        answer = (status or {}).get("requestedSnapshot") or {}
        if not answer.get("name"):
            reason = answer.get("message") or "The reconciler does not answer."
            raise SnapshotUnavailableError(f"No snapshot was taken. {reason}")
        return str(answer["name"])


def status_of(watcher: Watcher, name: str) -> dict[str, Any]:
    """Return the status of an object; empty where there is none yet."""
    found = watcher.objects.get(name)
    status: dict[str, Any] = (found.get("status") or {}) if found else {}
    return status


async def wait_for_status(
    watcher: Watcher,
    name: str,
    is_reached: Callable[[dict[str, Any]], bool],
    seconds: float,
) -> dict[str, Any] | None:
    """Return the status of an object once it is as it should be.

    Args:
        watcher: Follows objects of its kind.
        name: Of the object.
        is_reached: Says whether the status is as it should be.
        seconds: After so many it is given up, and None returned.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            aclosing(watcher.changes()) as changes,
        ):
            # Nothing else runs between a look and the wait for the next change.
            while not is_reached(status := status_of(watcher, name)):
                await anext(changes)
            return status
    except TimeoutError:
        return None
