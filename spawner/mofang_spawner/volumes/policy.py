"""Membership → the directories a pod of that user gets. Pure."""

from mofang_kube.names import user_slug
from mofang_spawner.environments.models import Project
from mofang_spawner.volumes.models import VolumeGrant, VolumeScope


def grants(project: Project, username: str) -> tuple[VolumeGrant, ...]:
    """The user's own, the project's and the global directory."""
    return (
        VolumeGrant(scope=VolumeScope.USER, owner=user_slug(username)),
        VolumeGrant(scope=VolumeScope.PROJECT, owner=project.name),
        VolumeGrant(
            scope=VolumeScope.GLOBAL,
            owner="",
            read_only=username not in project.global_editors,
        ),
    )
