"""Environments and projects, kept equal to the cluster's by two watches."""

import asyncio
import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pydantic import ValidationError

from mofang_kube.clients import ApiClient
from mofang_kube.errors import KubernetesUnavailableError
from mofang_kube.names import API_VERSION
from mofang_kube.watcher import Watcher
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import can_start, can_use

log = logging.getLogger(__name__)

_SYNC_SECONDS = 10.0


class Catalog:
    """What may be started, and where.

    Args:
        api: Client of the cluster.
        images: References of the platform's images by the names that environments
            may call them.
    """

    def __init__(self, api: ApiClient, images: Mapping[str, str]) -> None:
        self._images = images
        self._environments = Watcher(api, f"/apis/{API_VERSION}/environments")
        self._projects = Watcher(api, f"/apis/{API_VERSION}/projects")

    @property
    def watchers(self) -> list[Watcher]:
        """The watches of environments and of projects."""
        return [self._environments, self._projects]

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
        await self._environments.stop()
        await self._projects.stop()

    def find_environment(self, name: str) -> Environment | None:
        """The environment, or None; also None when its resource is unreadable."""
        body = self._environments.objects.get(name)
        try:
            return Environment.parse(body, self._images) if body else None
        except ValidationError as err:
            log.warning("Environment %s is left out: %s", name, err)
            return None

    def find_project(self, name: str) -> Project | None:
        """The project, or None; also None when its resource is unreadable."""
        body = self._projects.objects.get(name)
        try:
            return Project.parse(body) if body else None
        except ValidationError as err:
            log.warning("Project %s is left out: %s", name, err)
            return None

    def list_projects(self, username: str, groups: AbstractSet[str]) -> list[Project]:
        """Projects in which the user may start servers, by title."""
        found = [self.find_project(name) for name in self._projects.objects]
        mine = [each for each in found if each and can_start(each, username, groups)]
        return sorted(mine, key=lambda project: project.display_name.casefold())

    def list_environments(
        self, project: Project, groups: AbstractSet[str]
    ) -> list[Environment]:
        """Environments a member may start there, in the gallery's order."""
        found = [self.find_environment(name) for name in self._environments.objects]
        mine = [each for each in found if each and can_use(each, project, groups)]
        return sorted(mine, key=lambda each: (each.order, each.display_name))
