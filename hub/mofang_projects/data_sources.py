"""What a namespace needs so that pods can mount data sources, and which they may.

Pure. The sources of a project and of the environments that may be used in it are told
apart by their keys. Annotations of the namespace tell the API server's policies what
pods may mount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mofang_kube.names import (
    DATA_SECRETS_ANNOTATION,
    READABLE_DATA_ANNOTATION,
    WRITABLE_DATA_ANNOTATION,
)
from mofang_projects.models import Project
from mofang_projects.settings import StorageSettings
from mofang_spawner.data_sources.models import DataSource, NfsSource
from mofang_spawner.environments.models import Environment
from mofang_spawner.environments.saved import CLAIM, EVERYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source, and why pods cannot mount it."""

    source: DataSource
    fault: str = ""
    """A sentence; empty for one that can be mounted."""

    def as_status(self) -> dict[str, Any]:
        """Render what the Project's status says of it."""
        said = {"message": self.fault} if self.fault else {}
        return {"key": self.source.key, "ready": not self.fault, **said}


def environment_sources(
    project: str, environments: Iterable[Mapping[str, Any]]
) -> list[DataSource]:
    """Return the sources of the environments that members of a project may use.

    Args:
        project: Its name.
        environments: Environments as Kubernetes has them; one that cannot be read is
            passed over, as the hub does.
    """
    found: list[DataSource] = []
    for body in environments:
        try:
            environment = Environment.parse(dict(body))
        except ValidationError:
            continue
        access = environment.access
        # A group may have members in any project.
        if access.everyone or access.groups or project in access.projects:
            found += environment.data_sources
    return found


def nfs_fault(source: NfsSource, storage: StorageSettings) -> str:
    """Say why a directory of an NFS server is no source; empty if it is one.

    Homes and projects may lie on such a server, each below what all pods would see.
    """
    nfs = storage.persistent_volume.get("nfs")
    if not nfs or source.server != nfs.get("server"):
        return ""
    first, _, _ = str(nfs.get("path", "")).partition("$(")
    ours, theirs = f"{first.rstrip('/')}/", f"{source.path.rstrip('/')}/"
    if ours.startswith(theirs) or theirs.startswith(ours):
        return (
            f"{source.server}:{source.path} holds the platform's own storage. Name "
            "another directory."
        )
    return ""


def namespace_annotations(
    project: str, states: Iterable[SourceState]
) -> dict[str, str]:
    """Return what a namespace tells the API server's policies that pods may mount.

    Args:
        project: Its saved environments, and those of everyone, are such.
        states: Its data sources.
    """
    saved = [f"{CLAIM}/{project}", f"{CLAIM}/{EVERYONE}"]
    sources = [each.source for each in states if not each.fault]
    mounted = [each for each in sources if each.claim]
    secrets = {each.s3.secret_name for each in sources if each.s3}
    found = {
        READABLE_DATA_ANNOTATION: _joined(
            [*saved, *(_mountable(each) for each in mounted)]
        ),
        WRITABLE_DATA_ANNOTATION: _joined(
            _mountable(each) for each in mounted if not each.read_only
        ),
        DATA_SECRETS_ANNOTATION: _joined(secrets),
    }
    return {name: text for name, text in found.items() if text}


def all_sources(
    project: Project, environments: Iterable[Mapping[str, Any]]
) -> list[DataSource]:
    """Return the sources of a project, then those of its environments."""
    own = list(project.spec.data_sources)
    return own + environment_sources(project.name, environments)


def _mountable(source: DataSource) -> str:
    return "/".join(part for part in (source.claim, source.sub_path) if part)


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(set(names)))
