"""The homes of people: asked for here, made by the reconciler.

The kubelet would make a missing sub-path as root's, where its user cannot write. So a
Home is created for each user, and a server starts when its status says that it is
there.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, ClassVar

from mofang_kube.errors import MofangError
from mofang_kube.names import (
    API_VERSION,
    SNAPSHOT_REQUEST_ANNOTATION,
    user_slug,
)
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_kube.watcher import Watcher

HOMES_PATH = f"/apis/{API_VERSION}/homes"
_SECONDS = 15.0


class HomeUnavailableError(MofangError):
    """A home is not there, or its snapshot is not taken."""

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
        self, objects: ObjectStorage, watcher: Watcher, *, seconds: float = _SECONDS
    ) -> None:
        self._objects = objects
        self._watcher = watcher
        self._seconds = seconds

    def status(self, username: str) -> dict[str, Any]:
        """Return what the reconciler says of a home; empty for one not made yet."""
        found = self._watcher.objects.get(user_slug(username))
        status: dict[str, Any] = found["status"] if found else {}
        return status

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
        status = await self._wait(username, lambda found: "phase" in found)
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
            HomeUnavailableError: There is none; says why.
            MofangError: Kubernetes refuses it, or does not answer.
        """
        request = datetime.now(UTC).isoformat(timespec="milliseconds")
        annotations = {SNAPSHOT_REQUEST_ANNOTATION: request}
        await self._objects.merge(
            _manifest(username), {"metadata": {"annotations": annotations}}
        )

        def is_answered(status: dict[str, Any]) -> bool:
            answer: dict[str, str] = status.get("requestedSnapshot") or {}
            return answer.get("request") == request

        status = await self._wait(username, is_answered)
        answer = (status or {}).get("requestedSnapshot") or {}
        if not answer.get("name"):
            reason = answer.get("message") or "The reconciler does not answer."
            raise HomeUnavailableError(f"No snapshot was taken. {reason}")
        return str(answer["name"])

    async def _wait(
        self, username: str, is_reached: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any] | None:
        """Return the status once it is as it should be; None when it takes too long."""
        try:
            async with (
                asyncio.timeout(self._seconds),
                aclosing(self._watcher.changes()) as changes,
            ):
                # Nothing else runs between a look and the wait for the next change.
                while not is_reached(status := self.status(username)):
                    await anext(changes)
                return status
        except TimeoutError:
            return None


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
