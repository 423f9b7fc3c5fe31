"""Environments and projects, kept equal to the cluster's by two watches."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from mofang_kube.clients import ApiClient
from mofang_kube.errors import KubernetesUnavailableError
from mofang_kube.names import API_VERSION
from mofang_kube.watcher import Watcher
from mofang_spawner.environments.availability import (
    BASE_GONE,
    NOT_STORED,
    Unavailable,
)
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import can_start, can_use, project_role
from mofang_spawner.environments.saved import (
    Saved,
    SavedPackages,
    SavedVersion,
    VersionPhase,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

_SYNC_SECONDS = 10.0


class _Parsed(Generic[T]):
    """The objects of one watch, each parsed once for as long as it does not change.

    Args:
        watcher: Replaces an object that has changed, and never changes one in place.
        parse: Raises ``ValidationError`` for what it cannot read.
        kind: For the log.
    """

    def __init__(
        self, watcher: Watcher, parse: Callable[[dict[str, Any]], T], kind: str
    ) -> None:
        self._watcher = watcher
        self._parse = parse
        self._kind = kind
        self._kept: dict[str, tuple[dict[str, Any], T | None]] = {}

    def find(self, name: str) -> T | None:
        """The object, or None; also None when it is unreadable."""
        body = self._watcher.objects.get(name)
        if body is None:
            self._kept.pop(name, None)
            return None
        known = self._kept.get(name)
        if known is None or known[0] is not body:
            known = self._kept[name] = (body, self._read(name, body))
        return known[1]

    def list(self) -> list[T]:
        """All that are readable."""
        found = (self.find(name) for name in self._watcher.objects)
        return [each for each in found if each is not None]

    def _read(self, name: str, body: dict[str, Any]) -> T | None:
        try:
            return self._parse(body)
        except ValidationError as err:
            log.warning("%s %s is left out: %s", self._kind, name, err)
            return None


class Catalog:
    """What may be started, and where.

    Args:
        environments: The watch of environments.
        projects: The watch of projects.
        images: References of the platform's images by the names that environments
            may call them.

    Attributes:
        watchers: The watches of environments and of projects.
    """

    def __init__(
        self, environments: Watcher, projects: Watcher, images: Mapping[str, str]
    ) -> None:
        self.watchers = [environments, projects]
        self._environments = _Parsed(
            environments, lambda body: Environment.parse(body, images), "Environment"
        )
        self._projects = _Parsed(projects, Project.parse, "Project")

    @classmethod
    def of_cluster(cls, api: ApiClient, images: Mapping[str, str]) -> "Catalog":
        """A catalogue of what the cluster has; ``close`` it."""
        return cls(
            Watcher(api, f"/apis/{API_VERSION}/environments"),
            Watcher(api, f"/apis/{API_VERSION}/projects"),
            images,
        )

    async def ready(self) -> None:
        """Begin to follow, and wait for the first lists.

        Raises:
            KubernetesUnavailableError: Kubernetes did not answer in time.
        """
        for watcher in self.watchers:
            watcher.start()
        try:
            async with asyncio.timeout(_SYNC_SECONDS):
                for watcher in self.watchers:
                    await watcher.has_synced.wait()
        except TimeoutError as err:
            raise KubernetesUnavailableError(
                "The catalogue cannot be read: Kubernetes does not answer. "
                "Try again in a minute."
            ) from err

    async def close(self) -> None:
        """End the watches."""
        for watcher in self.watchers:
            await watcher.stop()

    def find_environment(self, name: str) -> Environment | None:
        """The environment, or None; also None when its resource is unreadable."""
        found = self._environments.find(name)
        if found is None or found.saved is None:
            return found
        return stand_on(found, self._environments.find(found.saved.base))

    def names(self) -> list[str]:
        """Return the names of all environments that are readable."""
        return [each.name for each in self._environments.list()]

    def find_project(self, name: str) -> Project | None:
        """The project, or None; also None when its resource is unreadable."""
        return self._projects.find(name)

    def list_projects(self, username: str, groups: AbstractSet[str]) -> list[Project]:
        """Projects in which the user may start servers, by title."""
        found = self._projects.list()
        mine = [each for each in found if can_start(each, username, groups)]
        return sorted(mine, key=lambda project: project.display_name.casefold())

    def list_visible_projects(
        self, username: str, groups: AbstractSet[str]
    ) -> list[Project]:
        """Projects in which the user has any role, viewers' included, by title."""
        mine = [
            each
            for each in self._projects.list()
            if project_role(each, username, groups) is not None
        ]
        return sorted(mine, key=lambda project: project.display_name.casefold())

    def list_environments(
        self, project: Project, groups: AbstractSet[str], username: str
    ) -> list[Environment]:
        """Environments a member may start there, in the gallery's order.

        Args:
            project: Where.
            groups: The member's groups in the hub.
            username: Their name in the hub.
        """
        found = [each for each in map(self.find_environment, self.names()) if each]
        mine = [each for each in found if can_use(each, project, groups, username)]
        return sorted(
            mine, key=lambda each: (bool(each.saved), each.order, each.display_name)
        )


def stand_on(environment: Environment, base: Environment | None) -> Environment:
    """Return a saved environment with all that is its base's.

    Args:
        environment: As its resource has it.
        base: What it was saved of, as it is now; None where that is gone.
    """
    saved = environment.saved
    assert saved is not None  # noqa: S101 - asked by the caller
    if base is None or base.saved is not None:
        gone = Unavailable(
            reason=BASE_GONE,
            message=(
                f"The environment {saved.base}, of which it was saved, is gone, and "
                "with it the image. Start another environment and install the "
                "packages there."
            ),
        )
        return environment.model_copy(update={"unavailable": gone})
    usable = saved.usable
    return base.model_copy(
        update={
            "name": environment.name,
            "display_name": environment.display_name,
            "description": environment.description,
            "access": environment.access,
            "saved": saved,
            "base_access": base.access,
            "packages": (
                SavedPackages.of(environment.name, saved, usable) if usable else None
            ),
            "unavailable": base.unavailable or _not_stored(saved, usable),
        }
    )


def _not_stored(saved: Saved, usable: SavedVersion | None) -> Unavailable | None:
    if usable is not None:
        return None
    last = saved.find(saved.current)
    if last is not None and last.phase is VersionPhase.FAILED:
        return Unavailable(reason=NOT_STORED, message=last.message)
    return Unavailable(reason="Storing", message="Its packages are being stored.")
