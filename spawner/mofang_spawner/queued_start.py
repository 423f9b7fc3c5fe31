"""A spawner whose starts wait for their turn, while the start's clock stands still.

JupyterHub's clock, ``start_timeout``, cannot be stopped: ``queue_timeout`` is a part of
it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from traitlets import HasTraits, Integer

from mofang_kube.deadline import Deadline
from mofang_kube.errors import QuotaError
from mofang_spawner.environments.models import Project
from mofang_spawner.failures import StartError, refusal
from mofang_spawner.pod_phase import Stage
from mofang_spawner.progress import StartLog
from mofang_spawner.start_queue.interface import QueuedStart, StartPosition
from mofang_spawner.start_queue.quota_refusal import QuotaRefusal


class QueueTraits(HasTraits):  # type: ignore[misc] # traitlets has no types
    """To be mixed into a spawner, before its other bases."""

    start_timeout: Any

    queue_timeout = Integer(
        0,
        min=0,
        help="""
        Seconds of ``start_timeout`` for which a start may wait until the project's
        quota and the nodes have room for it.

        The rest is what the start itself may take. With 0, a start fails at once that
        the quota does not hold.
        """,
    ).tag(config=True)

    @property
    def queue_seconds(self) -> int:
        """How long a start may wait for others; 0 if it may not."""
        timeout: int = self.queue_timeout
        return timeout if timeout < self.start_timeout else 0

    @property
    def own_start_seconds(self) -> int:
        """How long a start may take beside that."""
        seconds: int = self.start_timeout - self.queue_seconds
        return seconds

    async def stop(self, now: bool = False) -> None:
        """Stop the server, within the time that a start itself may take."""
        # KubeSpawner would wait for as long as a start may be queued.
        async with asyncio.timeout(self.own_start_seconds):
            await super().stop(now=now)


def describe(position: StartPosition, project: Project) -> str:
    """Say where a start stands, and why it does not go on.

    Args:
        position: Of the start.
        project: Whose queue it is.
    """
    return (
        f"Waiting in the queue of {project.display_name}, {position.position} of "
        f"{position.length}: {position.reason}."
    )


async def wait_for_turn(
    entry: QueuedStart,
    project: Project,
    *,
    queue_end: Deadline,
    log: StartLog,
    on_wait: Callable[[], None],
) -> bool:
    """Return once a start is admitted; its person reads why it is not yet.

    Args:
        entry: The start.
        project: Whose queue it is.
        queue_end: Until when it may wait.
        log: Where the steps go.
        on_wait: Called once, if it is not admitted at once.

    Returns:
        Whether it has waited.

    Raises:
        TimeoutError: It may wait no longer.
    """
    has_waited = False
    async with (
        asyncio.timeout(queue_end.left),
        contextlib.aclosing(entry.positions()) as positions,
    ):
        async for each in positions:
            if not has_waited:
                on_wait()
            has_waited = True
            log.emit_queued(Stage.REQUESTED, describe(each, project))
    return has_waited


def read_refusal(error: StartError, project: Project) -> str:
    """Return what a start waits for that the quota has just refused.

    Args:
        error: Of the start.
        project: Whose quota it is.

    Raises:
        StartError: It failed for another reason, or would be refused forever.
    """
    found = QuotaRefusal.parse(error.jupyterhub_message)
    if error.reason != QuotaError.code or found is None:
        raise error
    if never := found.describe_never(project.display_name):
        raise refusal(QuotaError(never)) from error
    return found.describe(project.display_name)
