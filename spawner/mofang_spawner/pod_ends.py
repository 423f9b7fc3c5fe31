"""Hear that a server's pod has ended when it does.

JupyterHub looks at each server twice a minute. Whoever cannot reach their server would
wait as long for the page that says so, and routes and Secrets stay as long.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from mofang_kube.changes import Change
from mofang_kube.watcher import Watcher, object_key

Callback = Callable[[], Awaitable[object]]

log = logging.getLogger(__name__)

_ENDED = {"Failed", "Succeeded"}


def has_ended(change: Change) -> bool:
    """Say whether a pod is gone, ends, or has ended."""
    pod = change.object
    return (
        change.type == "DELETED"
        or "deletionTimestamp" in pod["metadata"]
        or pod.get("status", {}).get("phase") in _ENDED
    )


class PodEnds:
    """Calls back those who follow a pod, at each change after which it has ended."""

    def __init__(self) -> None:
        self._callbacks: dict[str, Callback] = {}
        self._following: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()

    def start(self, pods: Watcher) -> None:
        """Begin to listen; idempotent.

        Args:
            pods: The watch of all servers' pods.
        """
        if self._following is None:
            following = self._follow(pods)
            self._following = asyncio.create_task(following, name="ends of pods")

    async def stop(self) -> None:
        """Listen no more, and end calls that are under way."""
        tasks = [each for each in (self._following, *self._calls) if each]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def follow(self, namespace: str, pod: str, callback: Callback) -> None:
        """Call back when a pod ends, until ``forget``.

        Args:
            namespace: Of the pod.
            pod: Its name.
            callback: Is called again while an earlier call goes on.
        """
        self._callbacks[f"{namespace}/{pod}"] = callback

    def forget(self, namespace: str, pod: str) -> None:
        """Call back for this pod no more.

        Args:
            namespace: Of the pod.
            pod: Its name.
        """
        self._callbacks.pop(f"{namespace}/{pod}", None)

    async def _follow(self, pods: Watcher) -> None:
        async with contextlib.aclosing(pods.changes()) as changes:
            async for change in changes:
                key = object_key(change.object)
                if key in self._callbacks and has_ended(change):
                    # An end takes as long as the pod's grace, and others end meanwhile.
                    call = asyncio.create_task(self._call(key, self._callbacks[key]))
                    self._calls.add(call)
                    call.add_done_callback(self._calls.discard)

    async def _call(self, key: str, callback: Callback) -> None:
        try:
            await callback()
        except Exception:
            log.exception("Could not note that %s has ended", key)
