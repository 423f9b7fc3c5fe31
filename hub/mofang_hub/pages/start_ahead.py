"""Servers that are started ahead, and how they become somebody's.

The gallery's script asks for one, with the token that pages of other sites do not have.
Nobody is told why there is none: they have asked for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.apihandlers.users import SelfAPIHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.spawner import SpawnException
from tornado import web
from typing_extensions import override

from mofang_hub.pages.api_bodies import LONGEST_NAME, StrictBody
from mofang_hub.start_ahead.metrics import YIELDED
from mofang_hub.start_ahead.service import StartAhead

START_AHEAD = "mofang_start_ahead_service"
"""Key of the hub's settings."""


class StartAheadRequest(StrictBody):
    """POST on servers that are started ahead."""

    card: str = ""
    """The server on whose card somebody rests; empty: they have logged in."""


class StartAheadHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """Starts the server that somebody likely wants, if there is one."""

    @needs_scope("start:servers")
    async def post(self, user_name: str) -> None:
        user = self.find_user(user_name)
        card = self._card()
        ahead = _service(self)
        name = await ahead.choose(user, card) if user is not None else ""
        if name:
            await self._start(user, name)
        self.finish({"server": name or None})

    def _card(self) -> str:
        card = (self.get_json_body() or {}).get("card", "")
        if not isinstance(card, str) or len(card) > LONGEST_NAME:
            raise web.HTTPError(400, "card is not the name of a server.")
        return card

    async def _start(self, user: Any, name: str) -> None:
        ahead = _service(self)
        spawner = user.get_spawner(name, replace_failed=True)
        ahead.begin(spawner)
        try:
            await self.spawn_single_user(
                user, name, options=dict(spawner.orm_spawner.user_options)
            )
        except (web.HTTPError, SpawnException) as error:
            # It was nobody's wish: whoever starts it is told.
            self.log.info("%s of %s is not started ahead: %s", name, user.name, error)
        except Exception:
            self.log.exception("%s of %s is not started ahead", name, user.name)
        finally:
            ahead.follow(spawner)


class IdentityHandler(SelfAPIHandler):  # type: ignore[misc] # likewise
    """Says who somebody is: to a server that they open, among others.

    A link or a bookmark leads to a server by the gateway, past the hub. A server that
    has just started has nobody's answer yet, so it asks for the first who comes.
    """

    @override
    async def get(self) -> None:
        await super().get()
        token = self.get_token()
        client = token.oauth_client if token else None
        row = client.spawner if client else None
        if row is None or row.user_id not in self.users:
            return
        spawner = self.users[row.user_id].spawners.get(row.name)
        if spawner is not None:
            _service(self).use(spawner)


async def claim(
    handler: Any, user: Any, name: str, options: Mapping[str, Any] | None
) -> bool:
    """Hand over what was started ahead of who asks for it now, if anything was.

    Args:
        handler: Of the request.
        user: JupyterHub's ``User``.
        name: Of the server that is started.
        options: What is asked for; None for what was asked for last.

    Returns:
        Whether there is nothing left to start.
    """
    return await _service(handler).claim(user, name, options)


async def stop_unused(handler: Any, user: Any, name: str) -> bool:
    """Stop a server if nobody uses it, before it is forgotten.

    Args:
        handler: Of the request.
        user: JupyterHub's ``User``.
        name: Of the server.

    Returns:
        Whether nothing of it is left to stop.
    """
    spawner = user.spawners.get(name)
    if spawner is None or not spawner.is_unused:
        return True
    await _service(handler).stop(spawner, YIELDED)
    return not spawner.active


def _service(handler: Any) -> StartAhead:
    found: StartAhead = handler.settings[START_AHEAD]
    return found


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/users/([^/]+)/start-ahead", StartAheadHandler),
)
