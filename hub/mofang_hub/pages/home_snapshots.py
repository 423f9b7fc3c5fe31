"""Snapshots of homes by REST: a server asks for one before its user cleans up.

Only the reconciler's mount may make snapshots. Of those that are asked for a few are
kept per home, so who asks for many loses only the first of their own.
"""

import time
from http import HTTPStatus
from math import ceil
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.user import User
from tornado import web

from mofang_hub.auth.scopes import SNAPSHOT_HOME
from mofang_kube.errors import MofangError

_PAUSE_SECONDS = 5.0
"""Names of snapshots have seconds, and each is a write to Kubernetes."""

_taken: dict[str, float] = {}
"""User's name → when the last one was asked for, by the monotonic clock."""


class HomeSnapshotHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """Takes a snapshot of the home of whoever asks."""

    async def post(self) -> None:
        user = self.current_user
        # JupyterHub's decorator knows no custom scopes when modules are loaded.
        if not isinstance(user, User) or SNAPSHOT_HOME not in self.expanded_scopes:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                "A snapshot of a home is taken for its user, by a token with the "
                f"scope {SNAPSHOT_HOME}.",
            )
        self._check_pause(user.name)
        context = user.spawner.context()
        try:
            await context.ready()
            name = await context.homes.snapshot(user.name)
        except MofangError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error
        self.set_status(HTTPStatus.CREATED)
        self.finish({"name": name})

    def _check_pause(self, name: str) -> None:
        now = time.monotonic()
        left = _taken.get(name, now - _PAUSE_SECONDS) + _PAUSE_SECONDS - now
        if left > 0:
            error = web.HTTPError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "A snapshot was taken a moment ago. Try again in "
                f"{ceil(left)} seconds.",
            )
            headers = {"Retry-After": str(ceil(left))}
            error.headers = headers  # type: ignore[attr-defined] # JupyterHub's own
            raise error
        _taken[name] = now


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/home/snapshots", HomeSnapshotHandler),
)
