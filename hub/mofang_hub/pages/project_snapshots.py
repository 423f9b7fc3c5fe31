"""Cleaning projects up by REST: who may do what, and a snapshot before it.

A server asks when its user cleans the project's directory up. All members can write
there in any case; by this nobody removes more than their role is for by a slip.
"""

from http import HTTPStatus
from typing import Any

from jupyterhub.user import User
from tornado import web

from mofang_hub.auth.scopes import CLEAN_PROJECT
from mofang_hub.pages.snapshot_handler import SnapshotHandler
from mofang_kube.errors import MofangError
from mofang_spawner.context import SpawnContext
from mofang_spawner.environments.policy import project_role

_ADMIN_SECONDS = 5.0
_MEMBER_SECONDS = 600.0
"""Few snapshots are kept per project: no member pushes those of its admins out at
once."""


class ProjectHandler(SnapshotHandler):
    """A request about the directory of one project."""

    async def find_role(self, project: str) -> tuple[User, SpawnContext, str]:
        """Return who asks, and what they are in a project; admins of the hub admins.

        Raises:
            HTTPError: They do not belong to it, or there is none.
        """
        user = self.find_person(CLEAN_PROJECT, "A project is cleaned up by its members")
        context: SpawnContext = user.spawner.context()
        try:
            await context.ready()
        except MofangError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error
        found = context.catalog.find_project(project)
        groups = {each.name for each in user.groups}
        role = None
        if found is not None:
            role = "admin" if user.admin else project_role(found, user.name, groups)
        if role is None:
            # Names of projects do not leak.
            raise web.HTTPError(
                HTTPStatus.NOT_FOUND,
                "%s",
                f"There is no project {project} that you belong to.",
            )
        return user, context, role


class ProjectRoleHandler(ProjectHandler):
    """Says what whoever asks is in a project."""

    async def get(self, project: str) -> None:
        _, _, role = await self.find_role(project)
        self.finish({"role": role})


class ProjectSnapshotHandler(ProjectHandler):
    """Takes a snapshot of a project's directory."""

    async def post(self, project: str) -> None:
        user, context, role = await self.find_role(project)
        if role not in {"member", "admin"}:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                "Viewers of a project cannot have snapshots taken. Ask its "
                "administrator to make you a member.",
            )
        pause = _ADMIN_SECONDS if role == "admin" else _MEMBER_SECONDS
        self.check_pauses(
            {
                # Names of snapshots have seconds, whoever asks.
                ("project", project): _ADMIN_SECONDS,
                ("project", project, user.name): pause,
            }
        )
        try:
            name = await context.project_directories.snapshot(project)
        except MofangError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error
        self.finish_taken(name)


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/projects/([^/]+)/role", ProjectRoleHandler),
    (r"/api/mofang/projects/([^/]+)/snapshots", ProjectSnapshotHandler),
)
