"""Kubernetes' events about a starting pod, as steps of the start."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from kubernetes_asyncio.client import ApiClient

from mofang_kube.watcher import Watcher
from mofang_spawner.pod_phase import Stage, unschedulable
from mofang_spawner.progress import StartLog


@contextlib.asynccontextmanager
async def follow_events(
    api: ApiClient,
    namespace: str,
    pod: str,
    is_own: Callable[[str], bool],
    log: StartLog,
) -> AsyncIterator[None]:
    """Emit a pod's events while somebody waits, and no longer.

    Args:
        api: The client.
        namespace: The pod's.
        pod: Its name; earlier pods had the same.
        is_own: Whether a pod's uid is that of this start.
        log: Where the steps go.
    """
    watcher = Watcher(
        api,
        f"/api/v1/namespaces/{namespace}/events",
        field_selector=f"involvedObject.name={pod}",
    )
    follower = asyncio.create_task(_emit(watcher, is_own, log))
    watcher.start()
    try:
        yield
    finally:
        follower.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await follower
        await watcher.stop()


async def _emit(watcher: Watcher, is_own: Callable[[str], bool], log: StartLog) -> None:
    async with contextlib.aclosing(watcher.changes()) as changes:
        async for change in changes:
            event = change.object
            if not is_own(event["involvedObject"].get("uid", "")):
                continue
            message = event.get("message", "")
            match event.get("reason", ""):
                case "Pulling":
                    log.emit(Stage.PULLING, "Pulling the image.", message)
                case "FailedScheduling":
                    # What is known of its turn says more.
                    said = log.queued_message or unschedulable(message)
                    log.emit_queued(Stage.QUEUED, said, message)
                case "FailedMount" | "Failed" | "BackOff":
                    log.emit(0, "Retrying.", message)
                case _:
                    pass
