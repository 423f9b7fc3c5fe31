"""What the gallery shows one person: projects, environments, running servers."""

import functools
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Self

from mofang_hub.pages.availability import quota_left, read_availability
from mofang_hub.pages.cards import Card
from mofang_hub.pages.data import ShownSource, shown_sources
from mofang_hub.pages.link import Link
from mofang_hub.pages.linked_content import LinkedContent
from mofang_hub.pages.saved_card import SavedCard
from mofang_hub.pages.server_use import (
    describe_use,
    find_advice,
    find_budget_warnings,
)
from mofang_hub.pages.space import Space
from mofang_hub.pages.user_servers import Server, ServerState, find_server
from mofang_kube.ephemeral_storage import usable_bytes
from mofang_kube.names import debug_server_name, is_job_id, server_name
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import project_role
from mofang_spawner.environments.saved import Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedServer:
    """One line of the list of a person's servers."""

    server: Server
    title: str
    """What its owner calls it, else its environment and project."""
    subtitle: str
    """Environment, project and size, as far as they are known."""
    card: Card | None = None
    """Of its environment; None where that is gone, or no longer the person's."""
    use: str = ""
    """What it uses and costs, of one that runs; empty where nobody knows."""

    @property
    def has_failed(self) -> bool:
        """Whether it ended by a failure."""
        return self.server.has_failed or self.server.failure is not None


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

    budgets: tuple[str, ...] = ()
    """Sentences about budgets of its that are nearly used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Everything of one page."""

    user: str
    url: str
    """The whole gallery of this user."""
    sections: tuple[ProjectSection, ...]
    debug_api_url: str = ""
    """Where pages ask to remove all stopped servers that looked into jobs."""
    servers: tuple[ListedServer, ...] = ()
    """Those that do something first, then those that ended."""
    home: Space | None = None
    """What the person's home takes; None as long as nobody knows."""
    budgets: tuple[str, ...] = ()
    """Sentences about budgets of the person's that are nearly used up."""
    chosen: Card | None = None
    """The only card of the page, where a link leads to one."""
    is_reported: bool = False
    """Whether the page says already why the last start failed."""

    @property
    def active(self) -> tuple[ListedServer, ...]:
        """Those of the servers that take something of the cluster."""
        return tuple(each for each in self.servers if each.server.is_active)

    @property
    def ended(self) -> tuple[ListedServer, ...]:
        """The others, those that failed first."""
        return tuple(each for each in self.servers if not each.server.is_active)

    @property
    def ended_text(self) -> str:
        """How many have ended, and how."""
        failed = sum(each.has_failed for each in self.ended)
        stopped = len(self.ended) - failed
        parts = [
            f"{count} {word}"
            for count, word in ((failed, "failed"), (stopped, "stopped"))
            if count
        ]
        return " · ".join(parts)

    @property
    def ended_debug_servers(self) -> int:
        """How many of those that have ended looked into jobs."""
        return sum(each.server.is_debug for each in self.ended)

    def choose(
        self,
        name: str,
        link: Link,
        faults: Mapping[str, str],
        after: str = "",
        *,
        is_reported: bool = False,
    ) -> Self:
        """Return the page of one card: that of the link, else that of the server.

        The gallery itself where there is no such card.

        Args:
            name: The server's.
            link: What is chosen already.
            faults: Field → what is wrong with its value.
            after: Where the start leads in the end.
            is_reported: Whether the page says already why the last start failed.
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
                return replace(self, chosen=chosen, is_reported=is_reported)
        return self

    def opening(self, content: LinkedContent, address: str) -> Self:
        """Return the page of one card with what is opened after the start.

        Args:
            content: What is opened.
            address: Where the server opens it.
        """
        if self.chosen is None:
            return self
        chosen = replace(self.chosen, content=content, after=address)
        return replace(self, chosen=chosen)

    def describe(self, server: Server) -> ListedServer:
        """Return the line of one of the person's servers."""
        card = next(
            (
                each
                for each in self._cards()
                if (each.project.name, each.environment.name)
                == (server.project, server.environment)
            ),
            None,
        )
        if card is None:
            title = server.display_name or server.name
            place = f"{server.environment} in {server.project}"
            return ListedServer(
                server=server, title=title, subtitle=place if server.project else ""
            )
        own = replace(card, server=server, cache_bytes=0)
        place = f"{card.environment.display_name} in {card.project.display_name}"
        is_debug = server.name != card.server.name
        title = server.display_name or (server.name if is_debug else place)
        parts = [own.size_text] if title == place else [place, own.size_text]
        return ListedServer(
            server=server, title=title, subtitle=" · ".join(parts), card=own
        )

    def _cards(self) -> Iterator[Card]:
        for section in self.sections:
            yield from section.cards


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
    free = context.free_capacity()
    advice = functools.cache(lambda each: find_advice(user, each))

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
            left=quota_left(free, project) if free else {},
            access=_access(environment, project, groups),
            saved=SavedCard.of(
                environment,
                hub_url,
                reader=user.name,
                is_project_admin=_is_admin_of(environment, project, user.name, groups),
                is_admin=bool(getattr(user, "admin", False)),
            ),
            usual=context.starts.usual(environment.name),
            advice=advice(environment.name),
            availability=read_availability(free, project, resources) if free else None,
        )

    projects = context.catalog.list_projects(user.name, groups)
    warnings = await find_budget_warnings(
        user, {each.name: each.display_name for each in projects}
    )
    sections = [
        ProjectSection(
            project=project,
            jobs_url=f"{hub_url}jobs/{project.name}",
            budgets=tuple(warnings.get(project.name, ())),
            cards=tuple(
                card(project, each)
                for each in context.catalog.list_environments(
                    project, groups, user.name
                )
            ),
            space=Space.read(project.storage.get("project") or {}),
            data=tuple(
                shown_sources(
                    project, user.name, project_role(project, user.name, groups)
                )
            ),
        )
        for project in projects
    ]
    shown = Gallery(
        user=user.name,
        url=f"{hub_url}spawn/{user.escaped_name}",
        debug_api_url=(
            f"{hub_url}api/mofang/servers/{user.escaped_name}/remove-debug-servers"
        ),
        sections=tuple(sections),
        home=Space.read(context.homes.status(user.name)),
        budgets=tuple(warnings.get("", ())),
    )
    names = {name for name in (*user.spawners, *user.orm_spawners) if name}
    servers = [find_server(user, hub_url, name) for name in sorted(names)]
    listed = (
        replace(
            shown.describe(each),
            use=describe_use(user, each.name)
            if each.state is ServerState.RUNNING
            else "",
        )
        for each in servers
        if each.is_active or each.options
    )
    ordered = sorted(listed, key=_order)
    return replace(shown, servers=tuple(ordered))


def _order(each: ListedServer) -> tuple[bool, bool, str]:
    """Sort those that are active before those that failed, and stopped ones last."""
    return (not each.server.is_active, not each.has_failed, each.title)


def _is_admin_of(
    environment: Environment,
    project: Project,
    username: str,
    groups: AbstractSet[str],
) -> bool:
    """Whether somebody is an admin of the project of a saved environment."""
    is_its = environment.saved is not None and environment.saved.project == project.name
    return is_its and project_role(project, username, groups) == "admin"


def _access(
    environment: Environment, project: Project, groups: AbstractSet[str]
) -> str:
    """Say who may start it, and name no group or project that is not the reader's."""
    access, saved = environment.access, environment.saved
    if saved is not None and saved.visibility is Visibility.PRIVATE:
        return f"For {saved.owner} alone"
    if access.everyone or (saved is not None and saved.is_for_everyone):
        return "Open to everyone"
    if project.name in access.projects:
        return f"For members of {project.display_name}"
    mine = sorted(groups & set(access.groups))
    return f"For the {'groups' if len(mine) > 1 else 'group'} {', '.join(mine)}"
