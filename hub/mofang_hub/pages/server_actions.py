"""What the gallery's list does with a server: restart, rename, remove.

JupyterHub has no restart, renames only what does not run, and its removal stops first
what another tab has started. Each refusal is a sentence, whatever the page believed.
"""

from http import HTTPStatus
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.slugs import is_valid_display_name, normalise_unicode
from tornado import web
from typing_extensions import override

from mofang_hub.pages.api_checks import parse_object
from mofang_hub.pages.queued_starts import QueueAwareLimits
from mofang_hub.pages.refusals import reword
from mofang_hub.pages.start_ahead import claim, stop_unused
from mofang_hub.pages.user_servers import Server, ServerState, find_server
from mofang_kube.errors import ConflictError, InvalidError, MofangError, NotFoundError
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import resolve

_SIZES = {"cpu", "memory", "gpu"}
LONGEST_NAME = 60
"""Of a name that an owner gives; it is a line of the gallery."""


class ActionHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """Reads a body, and answers with JSON or with a sentence."""

    async def act(self, user_name: str, server_name: str) -> None:
        """Do it.

        Raises:
            MofangError: Says why not, and what to do.
        """
        raise NotImplementedError

    async def answer(self, user_name: str, server_name: str) -> None:
        """Do it, and tell why not where it cannot be."""
        try:
            await self.act(user_name, server_name)
        except MofangError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error

    def body(self, known: set[str]) -> dict[str, Any]:
        """Return the body's fields.

        Raises:
            InvalidError: It has others.
        """
        given = parse_object(self.request.body or b"{}") or {}
        if unknown := sorted(given.keys() - known):
            raise InvalidError(
                f"{', '.join(unknown)[:LONGEST_NAME]} is not known here. Known: "
                f"{', '.join(sorted(known)) or 'nothing'}."
            )
        return given

    def find(self, user_name: str, server_name: str) -> tuple[Any, Server]:
        """Return a user and one of their servers.

        Raises:
            NotFoundError: There is none.
        """
        user = self.find_user(user_name)
        if user is None or not server_name or server_name not in user.orm_spawners:
            raise NotFoundError(
                f"There is no server {server_name}: it was never started, or was "
                "removed in another tab."
            )
        return user, self.server(user, server_name)

    def server(self, user: Any, name: str) -> Server:
        """Return a server as it is now."""
        return find_server(user, self.hub.base_url, name)

    def forget(self, user: Any, name: str) -> None:
        """Remove a server that does not run; the caller commits."""
        user.spawners.pop(name, None)
        self.db.delete(user.orm_spawners[name])


class RestartHandler(QueueAwareLimits, ActionHandler):
    """Stops a server, and starts it with the same options and maybe another size."""

    @needs_scope("start:servers")
    async def post(self, user_name: str, server_name: str) -> None:
        await self.answer(user_name, server_name)

    @override
    async def act(self, user_name: str, server_name: str) -> None:
        sizes = self.body(_SIZES)
        user, server = self.find(user_name, server_name)
        options = {**(server.options or {}), **sizes}
        # Before anything ends: who asks for too much keeps what runs.
        await _validate(user, server, options)
        match server.state:
            case ServerState.STARTING:
                raise ConflictError(
                    f"{server_name} is starting already. Wait for it, or stop it first."
                )
            case ServerState.STOPPING:
                raise _still_stopping(server_name)
            case ServerState.RUNNING:
                await self.stop_single_user(user, server_name)
            case ServerState.STOPPED:
                if await claim(self, user, server_name, options):
                    self.set_status(HTTPStatus.ACCEPTED)
                    self.finish({"url": server.progress_url})
                    return
        if self.server(user, server_name).state is not ServerState.STOPPED:
            raise _still_stopping(server_name)
        try:
            await self.spawn_single_user(user, server_name, options=options)
        except RuntimeError as error:
            # Another tab was faster, in the moment between.
            raise ConflictError(
                f"{server_name} was stopped, and started by another tab meanwhile."
            ) from error
        except Exception as error:
            reword(error, self.server(user, server_name))
            raise
        self.set_status(HTTPStatus.ACCEPTED)
        self.finish({"url": server.progress_url})


class RenameHandler(ActionHandler):
    """Gives a server the name that its owner calls it."""

    @needs_scope("start:servers")
    async def post(self, user_name: str, server_name: str) -> None:
        await self.answer(user_name, server_name)

    @override
    async def act(self, user_name: str, server_name: str) -> None:
        given = self.body({"display_name"}).get("display_name", "")
        user, server = self.find(user_name, server_name)
        if not isinstance(given, str):
            raise InvalidError("The name must be a text.")
        name = " ".join(normalise_unicode(given).split())
        if len(name) > LONGEST_NAME:
            raise InvalidError(
                f"The name has {len(name)} characters. Use at most {LONGEST_NAME}."
            )
        if name and not is_valid_display_name(name):
            raise InvalidError("The name has characters that cannot be shown.")
        user.orm_spawners[server.name].display_name = name or server.name
        self.db.commit()
        self.finish({"display_name": name})


class RemoveHandler(ActionHandler):
    """Forgets a server that does not run; no file belongs to it."""

    @needs_scope("delete:servers")
    async def post(self, user_name: str, server_name: str) -> None:
        await self.answer(user_name, server_name)

    @override
    async def act(self, user_name: str, server_name: str) -> None:
        self.body(set())
        user, server = self.find(user_name, server_name)
        if server.state is ServerState.STOPPING:
            raise _still_stopping(server_name)
        if server.is_active:
            raise ConflictError(
                f"{server_name} was started meanwhile. Stop it before you remove it."
            )
        if not await stop_unused(self, user, server_name):
            raise _still_stopping(server_name)
        self.forget(user, server_name)
        self.db.commit()
        self.finish({})


class RemoveDebugServersHandler(ActionHandler):
    """Forgets all servers that looked into jobs and do not run."""

    @needs_scope("delete:servers")
    async def post(self, user_name: str) -> None:
        await self.answer(user_name, "")

    @override
    async def act(self, user_name: str, server_name: str) -> None:
        self.body(set())
        user = self.find_user(user_name)
        if user is None:
            raise NotFoundError(f"There is no user {user_name}.")
        found = [self.server(user, name) for name in list(user.orm_spawners) if name]
        removed = [each for each in found if each.is_debug and not each.is_active]
        for each in removed:
            self.forget(user, each.name)
        self.db.commit()
        self.finish({"removed": len(removed)})


def _still_stopping(name: str) -> ConflictError:
    return ConflictError(f"{name} is still stopping. Try again in a few seconds.")


async def _validate(user: Any, server: Server, options: dict[str, Any]) -> None:
    context = user.spawner.context()
    await context.ready()
    resolve(
        ServerOptions.parse(options),
        context.catalog,
        username=user.name,
        groups={group.name for group in user.groups},
        server=server.name,
    )


_SERVER = r"/api/mofang/servers/([^/]+)/([^/]+)"

HANDLERS: tuple[tuple[str, Any], ...] = (
    (rf"{_SERVER}/restart", RestartHandler),
    (rf"{_SERVER}/rename", RenameHandler),
    (rf"{_SERVER}/remove", RemoveHandler),
    (
        r"/api/mofang/servers/([^/]+)/remove-debug-servers",
        RemoveDebugServersHandler,
    ),
)
