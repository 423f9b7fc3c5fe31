"""What the gallery shows one person: projects, environments, running servers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote, urlencode

from mofang_hub.culling.records import CULLED_STATE, CulledServer
from mofang_hub.pages.data import ShownSource, shown_sources
from mofang_hub.pages.link import Link
from mofang_hub.pages.space import Space
from mofang_kube.ephemeral_storage import usable_bytes
from mofang_kube.names import debug_server_name, is_job_id, server_name
from mofang_kube.quantities import readable_size
from mofang_spawner.culling_state import CULLING_STATE
from mofang_spawner.environments.availability import Unavailable
from mofang_spawner.environments.models import Bounds, Environment, Project
from mofang_spawner.environments.policy import project_role
from mofang_spawner.pod_phase import EVICTION_STATE


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
    has_failed: bool = False
    """Whether its last start failed."""
    lost_node: str = ""
    """Node that it is on if that does not answer; else empty."""
    eviction: str = ""
    """Why the kubelet evicted it, if it ended by that; else empty."""
    culled: CulledServer | None = None
    """When it was stopped as nothing happened in it, if it ended by that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One environment in one project."""

    project: Project
    environment: Environment
    server: Server
    """The server that a start makes."""
    values: Link = field(default_factory=Link)
    """What the form's fields hold already."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Field → what is wrong with its value."""
    cache_bytes: int = 0
    """What may be written to ``/cache`` at the default sizes; 0 where there is none."""
    after: str = ""
    """Where the start leads in the end, as JupyterHub's ``next``; empty: the server."""

    @property
    def action(self) -> str:
        """Where the form is sent to."""
        query = f"?{urlencode({'next': self.after})}" if self.after else ""
        return f"{self.server.start_url}{query}"

    @property
    def unavailable(self) -> Unavailable | None:
        """Why a server cannot be started here; None for a server that is there."""
        is_there = self.server.state is not ServerState.STOPPED
        return None if is_there else self.environment.unavailable

    @property
    def has_sizes(self) -> bool:
        """Whether the section of sizes has something to show."""
        return any((self.values.cpu, self.values.memory, self.values.gpu, self.faults))

    @property
    def suggests_safe_mode(self) -> bool:
        """Whether a start without the user's own files is likely wanted."""
        return self.server.has_failed or self.values.safe_mode == "true"

    @property
    def default_sizes(self) -> str:
        """The default sizes, as a person says them."""
        resources = self.environment.resources
        parts = [f"{resources.cpu.default} CPU", f"{resources.memory.default} memory"]
        if resources.gpu.default:
            parts.append(f"{resources.gpu.default} GPU")
        if self.cache_bytes:
            parts.append(f"{readable_size(self.cache_bytes)} /cache")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSection:
    """A project with the environments one may start in it."""

    project: Project
    jobs_url: str
    """The page of its jobs."""
    cards: tuple[Card, ...]
    space: Space | None = None
    """What the project's directory takes; None as long as nobody knows."""

    data: tuple[ShownSource, ...] = ()
    """Its data sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Everything of one page."""

    user: str
    url: str
    """The whole gallery of this user."""
    sections: tuple[ProjectSection, ...]
    running: tuple[Server, ...]
    home: Space | None = None
    """What the person's home takes; None as long as nobody knows."""
    chosen: Card | None = None
    """The only card of the page, where a link leads to one."""

    def choose(
        self, name: str, link: Link, faults: Mapping[str, str], after: str = ""
    ) -> Self:
        """Return the page of one card: that of the link, else that of the server.

        The gallery itself where there is no such card.

        Args:
            name: The server's.
            link: What is chosen already.
            faults: Field → what is wrong with its value.
            after: Where the start leads in the end.
        """
        for card in self._cards():
            is_meant = (
                (card.project.name, card.environment.name)
                == (link.project, link.environment)
                if link.names_environment
                else card.server.name == name
            )
            if is_meant:
                chosen = replace(card, values=link, faults=faults, after=after)
                return replace(self, chosen=chosen)
        return self

    def _cards(self) -> Iterator[Card]:
        for section in self.sections:
            yield from section.cards


def bounds_hint(bounds: Bounds) -> str:
    """The range a person may ask for, as a hint beside the field."""
    low = bounds.min or bounds.default
    high = bounds.max or bounds.default
    return f"{low} to {high}" if low != high else low


def find_server(user: Any, hub_url: str, name: str) -> Server:
    """Return a server of a user by its name, known or not.

    Args:
        user: JupyterHub's ``User``.
        hub_url: Base URL of the hub.
        name: Empty for the default server.
    """
    # Not by brackets: JupyterHub's mapping would make what it lacks.
    spawner = user.spawners.get(name)
    path = f"{user.escaped_name}/{quote(name, safe='')}"
    state = _state(spawner)
    return Server(
        name=name,
        state=state,
        lost_node=spawner.lost_node if state is ServerState.RUNNING else "",
        url=user.server_url(name),
        start_url=f"{hub_url}spawn/{path}",
        progress_url=f"{hub_url}spawn-pending/{path}",
        has_failed=bool(spawner is not None and spawner._failed),  # noqa: SLF001
        eviction=find_eviction(user, name) if state is ServerState.STOPPED else "",
        culled=find_culled(user, name) if state is ServerState.STOPPED else None,
    )


def find_eviction(user: Any, name: str) -> str:
    """Return why the kubelet evicted a server; empty if it ended otherwise or runs.

    Args:
        user: JupyterHub's ``User``.
        name: Of the server, known or not.
    """
    return str(_stored_state(user, name).get(EVICTION_STATE, ""))


def find_culled(user: Any, name: str) -> CulledServer | None:
    """Return when and after what a server was stopped as idle; None if it was not.

    Args:
        user: JupyterHub's ``User``.
        name: Of the server, known or not.
    """
    culling = _stored_state(user, name).get(CULLING_STATE) or {}
    return CulledServer.read(culling.get(CULLED_STATE))


def _stored_state(user: Any, name: str) -> dict[str, Any]:
    # JupyterHub keeps no spawner of a server that has ended.
    row = user.orm_spawners.get(name)
    return (row.state or {}) if row else {}


def _state(spawner: Any) -> ServerState:
    if spawner is None:
        return ServerState.STOPPED
    if spawner.pending:
        is_stopping = spawner.pending == "stop"
        return ServerState.STOPPING if is_stopping else ServerState.STARTING
    return ServerState.RUNNING if spawner.ready else ServerState.STOPPED


async def gallery(spawner: Any, job: str = "") -> Gallery:
    """Collect the page of ``spawner``'s user.

    Args:
        spawner: Any server of the user.
        job: Training job that a start looks into, which decides the servers' names.

    Raises:
        KubernetesUnavailableError: The catalogue cannot be read now.
    """
    context = spawner.context()
    await context.ready()
    user, hub_url = spawner.user, spawner.hub.base_url
    groups = {group.name for group in user.groups}

    def card(project: Project, environment: Environment) -> Card:
        name = (
            debug_server_name(project.name, job)
            if is_job_id(job)
            else server_name(project.name, environment.name)
        )
        resources = environment.resources
        cache = context.ephemeral_storage.cache_size(
            cpu=resources.cpu.default,
            memory=resources.memory.default,
            gpu=resources.gpu.default,
            own=resources.cache_default,
        )
        return Card(
            project=project,
            environment=environment,
            server=find_server(user, hub_url, name),
            cache_bytes=usable_bytes(cache),
        )

    sections = [
        ProjectSection(
            project=project,
            jobs_url=f"{hub_url}jobs/{project.name}",
            cards=tuple(
                card(project, each)
                for each in context.catalog.list_environments(project, groups)
            ),
            space=Space.read(project.storage.get("project") or {}),
            data=tuple(
                shown_sources(
                    project, user.name, project_role(project, user.name, groups)
                )
            ),
        )
        for project in context.catalog.list_projects(user.name, groups)
    ]
    servers = [find_server(user, hub_url, name) for name in user.spawners if name]
    return Gallery(
        user=user.name,
        url=f"{hub_url}spawn/{user.escaped_name}",
        sections=tuple(sections),
        running=tuple(
            each for each in servers if each.state is not ServerState.STOPPED
        ),
        home=Space.read(context.homes.status(user.name)),
    )
