"""The size of a running server by REST: read, and changed without a restart.

A server's own token may resize that server; a person's, all of their own. Nobody else
can, whoever may look into the server.
"""

from dataclasses import replace
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from jupyterhub.scopes import needs_scope
from jupyterhub.user import User
from tornado import web
from typing_extensions import override

from mofang_api.models.sizes import ServerSizes, SizeRange
from mofang_hub.auth.scopes import RESIZE
from mofang_hub.pages.availability import quota_left
from mofang_hub.pages.link import Link
from mofang_hub.pages.server_actions import ActionHandler
from mofang_hub.pages.server_use import OBSERVER
from mofang_hub.pages.sizes import GIB, Size, read_sizes
from mofang_hub.pages.user_servers import ServerState
from mofang_hub.sizing.observer import ResourceObserver
from mofang_kube.errors import ConflictError, InvalidError, NotFoundError

_KNOWN = {"cpu", "memory", "gpu"}


class ResizeHandler(ActionHandler):
    """CPU and memory of one running server of whoever asks."""

    @needs_scope("access:servers")
    async def get(self, user_name: str, server_name: str) -> None:
        await self.answer(user_name, server_name)

    @needs_scope("access:servers")
    async def post(self, user_name: str, server_name: str) -> None:
        await self.answer(user_name, server_name)

    @override
    async def act(self, user_name: str, server_name: str) -> None:
        self._validate_owner(user_name)
        user, spawner = await self._running(user_name, server_name)
        if self.request.method == "POST":
            sizes = self._asked()
            observer: ResourceObserver = self.settings[OBSERVER]
            used = observer.current_use(user.name, server_name)
            await spawner.resize(sizes, used_bytes=used.memory_bytes if used else 0)
            self.db.commit()
        found = ServerSizes(sizes=_ranges(spawner))
        self.finish(found.model_dump_json())

    def _validate_owner(self, user_name: str) -> None:
        caller = self.current_user
        # JupyterHub's decorator knows no custom scopes when modules are loaded.
        if not isinstance(caller, User) or RESIZE not in self.expanded_scopes:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                f"A server is resized by its owner, with the scope {RESIZE}.",
            )
        if caller.name != user_name:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                "A server is resized by its owner alone: ask them.",
            )

    async def _running(self, user_name: str, server_name: str) -> tuple[Any, Any]:
        user, server = self.find(user_name, server_name)
        if server.state is not ServerState.RUNNING:
            raise ConflictError(
                f"{server_name} does not run now. Choose its size when you start it."
            )
        await user.spawner.context().ready()
        return user, user.spawners[server_name]

    def _asked(self) -> dict[str, Any]:
        given = {
            name: value
            for name, value in self.body(_KNOWN).items()
            if value not in (None, "")
        }
        if "gpu" in given:
            raise InvalidError(
                "GPUs cannot be changed while a server runs. Restart it with the "
                "number that you need.",
                fields={"gpu": "needs a restart"},
            )
        if not given:
            raise InvalidError(
                "Say what the server is to have: cpu, memory or both, such as "
                '{"memory": "4Gi"}.'
            )
        return given


def _ranges(spawner: Any) -> list[SizeRange]:
    """Return what a running server may get now."""
    context, options = spawner.context(), dict(spawner.orm_spawner.user_options or {})
    project = context.catalog.find_project(str(options.get("project", "")))
    environment = context.catalog.find_environment(str(options.get("environment", "")))
    if project is None or environment is None:
        raise NotFoundError(
            "The server's project or environment is no longer in the catalogue, so "
            "its size cannot be changed."
        )
    free = context.free_capacity()
    on_node = (free.free_on(spawner.node) if free else None) or {}
    left = quota_left(free, project) if free else {}
    sizes = read_sizes(
        environment.resources, project, Link.of_options(options), faults={}, left={}
    )
    return [
        _range(
            each,
            [
                amounts[each.name] / (GIB if each.name == "memory" else 1)
                for amounts in (on_node, left)
                if each.name in amounts
            ],
        )
        for each in sizes
        if each.name in {"cpu", "memory"}
    ]


def _range(size: Size, more: list[Decimal]) -> SizeRange:
    """Return a size with what it may grow by now."""
    high = min([size.high, *(size.value + max(each, Decimal(0)) for each in more)])
    within = replace(size, high=max(high, size.low))
    return SizeRange(
        name=size.name,
        unit=size.unit,
        value=float(size.value),
        low=float(size.low),
        high=float(within.high),
        steps=[float(each) for each in within.steps],
    )


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/servers/([^/]+)/([^/]+)/resize", ResizeHandler),
)
