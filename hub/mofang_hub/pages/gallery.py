"""What the gallery shows one person: projects, environments, running servers."""

from dataclasses import dataclass
from typing import Any

from mofang_kube.names import server_name
from mofang_spawner.environments.availability import Unavailable
from mofang_spawner.environments.models import Bounds, Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One environment in one project."""

    environment: Environment
    server: str
    """Name of the server that a start makes."""
    action: str
    """Where the form is sent to."""
    running: str
    """Address of the running server, or empty."""
    pending: bool

    @property
    def unavailable(self) -> Unavailable | None:
        """Why a server cannot be started here; None for a server that is there."""
        is_there = self.running or self.pending
        return None if is_there else self.environment.unavailable

    @property
    def machine(self) -> str:
        """The default sizes, as a person says them."""
        resources = self.environment.resources
        parts = [f"{resources.cpu.default} CPU", f"{resources.memory.default} memory"]
        if resources.gpu.default:
            parts.append(f"{resources.gpu.default} GPU")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A project with the environments one may start in it."""

    name: str
    title: str
    description: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Everything of one page."""

    user: str
    shelves: tuple[Shelf, ...]
    running: tuple[Card, ...]


def bounds_hint(bounds: Bounds) -> str:
    """The range a person may ask for, as a hint beside the field."""
    low = bounds.min or bounds.default
    high = bounds.max or bounds.default
    return f"{low} to {high}" if low != high else low


async def gallery(spawner: Any) -> Gallery:
    """Collect the page of ``spawner``'s user.

    Raises:
        ClusterAwayError: The catalogue cannot be read now.
    """
    context = spawner.context()
    await context.ready()
    user = spawner.user
    groups = {group.name for group in user.groups}
    shelves = []
    for project in context.catalog.list_projects(user.name, groups):
        environments = context.catalog.list_environments(project, groups)
        cards = tuple(_card(spawner, project.name, each) for each in environments)
        shelves.append(
            Shelf(
                name=project.name,
                title=project.display_name,
                description=project.description,
                cards=cards,
            )
        )
    running = [
        card
        for shelf in shelves
        for card in shelf.cards
        if card.running or card.pending
    ]
    return Gallery(user=user.name, shelves=tuple(shelves), running=tuple(running))


def _card(spawner: Any, project: str, environment: Environment) -> Card:
    user, name = spawner.user, server_name(project, environment.name)
    known = user.spawners.get(name) if name in user.spawners else None
    base = spawner.hub.base_url
    return Card(
        environment=environment,
        server=name,
        action=f"{base}spawn/{user.escaped_name}/{name}",
        running=user.server_url(name) if known is not None and known.ready else "",
        pending=bool(known is not None and known.pending),
    )
