"""Authenticators that ask for a home for each user they add.

A person may submit jobs with a token and never start a server; the training service
makes no homes.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.utils import maybe_future

from mofang_kube.errors import MofangError

log = logging.getLogger(__name__)

Context = Callable[[], Any]
"""Returns the hub's ``SpawnContext``."""


async def create_homes(context: Context, usernames: Iterable[str]) -> None:
    """Ask for homes; one that Kubernetes refuses is asked for again at a start.

    Args:
        context: Of the spawners.
        usernames: Whose.
    """
    try:
        await context().ready()
    except MofangError as err:
        log.warning("Homes cannot be made: %s", err)
        return
    for name in usernames:
        try:
            await context().homes.create(name)
        except MofangError as err:
            log.warning("The home of %s cannot be made: %s", name, err)


def with_homes(
    kind: type[Authenticator], context: Context | None
) -> type[Authenticator]:
    """Return a subclass that asks for homes once ``makes_homes`` is set.

    JupyterHub adds all known users at its start, before anything can be asked.

    Args:
        kind: The authenticator that is configured.
        context: Of the spawners; None where there is none.
    """

    class WithHomes(kind):  # type: ignore[misc] # JupyterHub has no types
        makes_homes = False

        async def add_user(self, user: Any) -> None:
            await maybe_future(super().add_user(user))
            if self.makes_homes and context is not None:
                # A log-in does not wait for Kubernetes.
                task = asyncio.create_task(create_homes(context, [user.name]))
                _RUNNING.add(task)
                task.add_done_callback(_RUNNING.discard)

    # Messages and settings speak of the class that is configured.
    WithHomes.__name__ = WithHomes.__qualname__ = kind.__name__
    return WithHomes


_RUNNING: set[asyncio.Task[None]] = set()
"""The event loop keeps no reference to tasks."""
