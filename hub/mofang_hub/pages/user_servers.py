"""A person's servers, running or not, as the hub's pages show them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from mofang_hub.culling.records import CULLED_STATE, CulledServer
from mofang_spawner.culling_state import CULLING_STATE
from mofang_spawner.server_failure import ServerFailure


class ServerState(StrEnum):
    """What a server does now."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of a person's servers."""

    name: str
    state: ServerState
    url: str
    """Where it answers when it runs."""
    start_url: str
    progress_url: str
    api_url: str
    """Where pages ask to restart, rename or remove it."""
    display_name: str = ""
    """What its owner calls it; empty for nothing of their own."""
    has_failed: bool = False
    """Whether its last start failed."""
    queued: str = ""
    """What its start waits for that others hold; empty if it does not."""
    lost_node: str = ""
    """Node that it is on if that does not answer; else empty."""
    failure: ServerFailure | None = None
    """Why it does not run, or was restarted without anybody's wish."""
    culled: CulledServer | None = None
    """When it was stopped as nothing happened in it, if it ended by that."""
    project: str = ""
    environment: str = ""
    """What it was last started with; empty where nobody knows."""
    options: dict[str, Any] | None = None
    """Likewise, all of it."""
    node: str = ""
    started: datetime | None = None
    """Since when it runs."""

    @property
    def is_active(self) -> bool:
        """Whether it takes anything of the cluster."""
        return self.state is not ServerState.STOPPED

    @property
    def is_debug(self) -> bool:
        """Whether it looks into a training job."""
        return bool((self.options or {}).get("job"))

    @property
    def is_changing(self) -> bool:
        """Whether it soon is in another state."""
        return self.state in {ServerState.STARTING, ServerState.STOPPING}


def find_server(user: Any, hub_url: str, name: str) -> Server:
    """Return a server of a user by its name, known or not.

    Args:
        user: JupyterHub's ``User``.
        hub_url: Base URL of the hub.
        name: Empty for the default server.
    """
    # Not by brackets: JupyterHub's mapping would make what it lacks.
    spawner, row = user.spawners.get(name), user.orm_spawners.get(name)
    path = f"{user.escaped_name}/{quote(name, safe='')}"
    state = _state(spawner)
    options = (row.user_options if row else None) or {}
    is_running = state is ServerState.RUNNING
    own_name = (row.display_name if row else "") or ""
    return Server(
        name=name,
        state=state,
        display_name="" if own_name == name else own_name,
        queued=spawner.queued_message if state is ServerState.STARTING else "",
        lost_node=spawner.lost_node if is_running else "",
        url=user.server_url(name),
        start_url=f"{hub_url}spawn/{path}",
        progress_url=f"{hub_url}spawn-pending/{path}",
        api_url=f"{hub_url}api/mofang/servers/{path}",
        has_failed=bool(spawner is not None and spawner._failed),  # noqa: SLF001
        failure=_find_failure(spawner, row, state),
        culled=find_culled(user, name) if state is ServerState.STOPPED else None,
        project=str(options.get("project", "")),
        environment=str(options.get("environment", "")),
        options=options,
        node=spawner.node if is_running else "",
        started=_utc(row.started) if row and is_running else None,
    )


def find_culled(user: Any, name: str) -> CulledServer | None:
    """Return when and after what a server was stopped as idle; None if it was not.

    Args:
        user: JupyterHub's ``User``.
        name: Of the server, known or not.
    """
    row = user.orm_spawners.get(name)
    state = (row.state if row else None) or {}
    return CulledServer.read((state.get(CULLING_STATE) or {}).get(CULLED_STATE))


def _find_failure(spawner: Any, row: Any, state: ServerState) -> ServerFailure | None:
    match state:
        case ServerState.RUNNING:
            found: ServerFailure | None = spawner.restart_failure
            return found
        case ServerState.STOPPED:
            if spawner is not None and (error := spawner._failed):  # noqa: SLF001
                return ServerFailure.of_error(error)
            # JupyterHub keeps no spawner of a server that has ended.
            return ServerFailure.of_state(row.state) if row else None
        case _:
            return None


def _utc(time: datetime | None) -> datetime | None:
    # JupyterHub's database has UTC without saying so.
    return time.replace(tzinfo=UTC) if time else None


def _state(spawner: Any) -> ServerState:
    # What was started ahead is nobody's until they start or open it.
    if spawner is None or spawner.is_unused:
        return ServerState.STOPPED
    if spawner.pending:
        is_stopping = spawner.pending == "stop"
        return ServerState.STOPPING if is_stopping else ServerState.STARTING
    return ServerState.RUNNING if spawner.ready else ServerState.STOPPED
