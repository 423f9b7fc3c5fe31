"""Who may do what in which project, by the projects that there are now."""

from __future__ import annotations

from mofang_jobs.domain.access import Action, check_access, check_project
from mofang_jobs.domain.models import Caller, MemberRole
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Project
from mofang_spawner.environments.policy import project_role


class AccessPolicy:
    """Applies the rules of access to the members of projects.

    Args:
        catalog: Projects, followed.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def ready(self) -> None:
        """Return once projects and environments are known.

        Raises:
            KubernetesUnavailableError: Kubernetes did not answer in time.
        """
        await self._catalog.ready()

    async def authorize(
        self, action: Action, caller: Caller, name: str
    ) -> tuple[Project, MemberRole]:
        """Return a project in which the caller may do the action, and as what.

        Args:
            action: What is to be done.
            caller: Who asks; what is visible depends on it.
            name: Name of the project.

        Raises:
            NotFoundError: There is no such project for the caller.
            ForbiddenError: The caller may not do it there.
        """
        await self._catalog.ready()
        project = self._catalog.find_project(name)
        role = None
        if project is not None:
            strongest = project_role(project, caller.name, caller.groups)
            role = MemberRole(strongest) if strongest else None
        check_access(action, caller, project=name[:80], role=role)
        if project is None or role is None:
            raise AssertionError(name)
        check_project(caller, project.name)
        return project, role

    def pool_of(self, project: str) -> str:
        """Return the name of a project's pool; empty for none."""
        found = self._catalog.find_project(project)
        return found.pool if found else ""
