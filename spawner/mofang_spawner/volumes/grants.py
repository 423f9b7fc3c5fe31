"""Directories that a pod may mount: from membership to volumes and mounts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mofang_kube.names import user_slug
from mofang_spawner.environments.models import Project

HOME = "/home/jovyan"


class VolumeScope(StrEnum):
    """Whose directory it is."""

    USER = "user"
    PROJECT = "project"
    GLOBAL = "global"
    LOGS = "logs"
    """A job's, in that job's containers alone."""


LOGS_PATH = "/var/log/mofang"
"""Where a job's containers have the directory of their logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeGrant:
    """One directory a pod may mount, settled before the pod is built."""

    scope: VolumeScope
    owner: str
    """User slug, project name or ``<project>/<job id>``, as the scope says; empty for
    the global one."""

    read_only: bool = False

    @property
    def claim(self) -> str:
        """The claim in the project's namespace that holds the directory."""
        match self.scope:
            case VolumeScope.USER:
                return "mofang-users"
            case VolumeScope.PROJECT:
                return "mofang-project"
            case VolumeScope.GLOBAL:
                return "mofang-global"
            case VolumeScope.LOGS:
                return "mofang-logs"

    @property
    def mount_path(self) -> str:
        """Where it appears in every container."""
        match self.scope:
            case VolumeScope.USER:
                return HOME
            case VolumeScope.PROJECT:
                return f"/projects/{self.owner}"
            case VolumeScope.GLOBAL:
                return "/global"
            case VolumeScope.LOGS:
                return LOGS_PATH

    @property
    def sub_path(self) -> str | None:
        """The directory inside the claim; never the user's own words."""
        return self.owner or None


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


def logs_grant(project: str, job: str) -> VolumeGrant:
    """The directory in which a job's containers, and no others, write their logs."""
    return VolumeGrant(scope=VolumeScope.LOGS, owner=f"{project}/{job}")


def volumes(grants: Iterable[VolumeGrant]) -> list[dict[str, Any]]:
    """The pod's volumes, in Kubernetes' form."""
    return [
        {
            "name": grant.claim,
            "persistentVolumeClaim": {"claimName": grant.claim},
        }
        for grant in grants
    ]


def mounts(grants: Iterable[VolumeGrant]) -> list[dict[str, Any]]:
    """A container's mounts, in Kubernetes' form."""
    found = []
    for grant in grants:
        mount: dict[str, Any] = {"name": grant.claim, "mountPath": grant.mount_path}
        if grant.sub_path:
            mount["subPath"] = grant.sub_path
        if grant.read_only:
            mount["readOnly"] = True
        found.append(mount)
    return found
