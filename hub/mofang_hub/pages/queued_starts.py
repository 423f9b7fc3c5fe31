"""What the hub's handlers do with starts that wait in a queue."""

import asyncio
from dataclasses import replace
from typing import Any

from mofang_hub.pages.remedies import QUEUED, Remedy, less
from mofang_hub.pages.sizes import Size, lowest_amounts
from mofang_kube.errors import ConflictError
from mofang_kube.free_capacity import FreeCapacity
from mofang_spawner.environments.models import Project
from mofang_spawner.environments.quota import read_quota
from mofang_spawner.start_queue.node_queue import has_suitable_node

_CANCEL_SECONDS = 10.0


class QueueAwareLimits:
    """To be mixed into a handler that starts servers, before JupyterHub's.

    JupyterHub bounds how many servers start at once, to spare hub and cluster. One that
    waits costs neither, and one project's queue must not keep others from starting.
    """

    @property
    def concurrent_spawn_limit(self) -> int:
        return self._without_queued(super().concurrent_spawn_limit)  # type: ignore[misc] # JupyterHub's

    @property
    def active_server_limit(self) -> int:
        return self._without_queued(super().active_server_limit)  # type: ignore[misc] # JupyterHub's

    def _without_queued(self, limit: int) -> int:
        return limit + count_queued(self.users) if limit else limit  # type: ignore[attr-defined] # JupyterHub's


def count_queued(users: Any) -> int:
    """Return how many starts wait.

    Args:
        users: JupyterHub's, by name.
    """
    return sum(
        bool(spawner.pending == "spawn" and spawner.queued_message)
        for user in users.values()
        for spawner in user.spawners.values()
    )


def is_queued(user: Any, name: str) -> bool:
    """Say whether a server of a user waits for its turn.

    Args:
        user: JupyterHub's ``User``.
        name: Of the server, known or not.
    """
    spawner = user.spawners.get(name)
    return bool(
        spawner is not None and spawner.pending == "spawn" and spawner.queued_message
    )


async def leave_queue(handler: Any, user: Any, name: str) -> None:
    """Cancel a start that waits; nothing of it is left afterwards.

    JupyterHub's own way has the server count as running for a second, so that another
    tab could not start it.

    Args:
        handler: Of JupyterHub's.
        user: Its ``User``.
        name: Of a server that is queued.

    Raises:
        ConflictError: It was admitted, or left the queue by another tab, meanwhile.
    """
    spawner = user.spawners.get(name)
    start = spawner._spawn_future if spawner is not None else None  # noqa: SLF001 - the only place that keeps it
    if start is None or not is_queued(user, name):
        raise ConflictError(
            f"{name} does not wait in the queue any more. Reload the page."
        )
    start.cancel()
    await asyncio.wait([start], timeout=_CANCEL_SECONDS)
    if spawner.pending or user.spawners.get(name) is not spawner:
        raise ConflictError(f"{name} is still stopping. Try again in a few seconds.")
    await handler.stop_single_user(user, name)


def smaller_start(
    sizes: tuple[Size, ...], project: Project, free: FreeCapacity | None
) -> Remedy | None:
    """Return the start with the least sizes; None where that would wait as well.

    Args:
        sizes: What may be chosen for the server, and what it waits for.
        project: Where it is to run.
        free: What the cluster has free; None as long as nobody knows.
    """
    found = less(QUEUED, sizes)
    if found is None or free is None:
        return None
    amounts = lowest_amounts(sizes)
    if read_quota(free, project).lacking(amounts):
        return None
    if not has_suitable_node(free, amounts, project.pool):
        return None
    return replace(
        found, note="There is room for less now. It gives up your place in the queue."
    )
