"""Snapshots of homes by REST: a server asks for one before its user cleans up.

Of those that are asked for a few are kept per home, so who asks for many loses only the
first of their own.
"""

from typing import Any

from tornado import web

from mofang_hub.auth.scopes import SNAPSHOT_HOME
from mofang_hub.pages.snapshot_handler import SnapshotHandler
from mofang_kube.errors import MofangError

_PAUSE_SECONDS = 5.0
"""Names of snapshots have seconds, and each is a write to Kubernetes."""


class HomeSnapshotHandler(SnapshotHandler):
    """Takes a snapshot of the home of whoever asks."""

    async def post(self) -> None:
        user = self.find_person(
            SNAPSHOT_HOME, "A snapshot of a home is taken for its user"
        )
        self.check_pauses({("home", user.name): _PAUSE_SECONDS})
        context = user.spawner.context()
        try:
            await context.ready()
            name = await context.homes.snapshot(user.name)
        except MofangError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error
        self.finish_taken(name)


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/home/snapshots", HomeSnapshotHandler),
)
