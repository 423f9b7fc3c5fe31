"""A project's volumes and the claims that are bound to them. Pure."""

from collections.abc import Iterable
from typing import Any

from mofang_kube.names import project_namespace
from mofang_projects.data_sources import SourceState
from mofang_projects.models import Project
from mofang_projects.object_head import Manifest, cluster_wide, in_namespace
from mofang_projects.settings import StorageSettings, VolumeCategory
from mofang_spawner.data_sources.models import CLAIM as DATA_CLAIM
from mofang_spawner.data_sources.models import DataSource

DATA_DIRECTORY = "data"
"""Of the storage: where data sources of the kind ``cephfs`` are."""


def claim_name(category: VolumeCategory) -> str:
    """Name the claim of a category, the same in every project's namespace."""
    return f"mofang-{category.value}"


def volume_name(project: str, category: VolumeCategory) -> str:
    """Name the cluster-wide volume behind a project's claim."""
    return f"mofang-{project}-{category.value}"


def build_volume(
    project: Project, category: VolumeCategory, storage: StorageSettings
) -> tuple[Manifest, Manifest]:
    """Build a static volume and the claim that is bound to it and to no other.

    ``Retain``: removing a project never removes what people kept in it.

    Args:
        project: The project.
        category: Which of its volumes.
        storage: Server, path and mount options.
    """
    return _bound(
        project,
        volume_name(project.name, category),
        claim_name(category),
        _shared_source(project, category.directory, storage),
        storage,
    )


def build_data_volumes(
    project: Project, sources: Iterable[SourceState], storage: StorageSettings
) -> list[Manifest]:
    """Build the volumes and claims of data sources, but for claims that others make.

    Args:
        project: The project.
        sources: Those of the project and of its environments.
        storage: What the platform's own file system is.
    """
    found: dict[str, tuple[Manifest, Manifest]] = {}
    for source in (each.source for each in sources if not each.fault):
        claim = source.claim
        if claim and (source.nfs or source.cephfs):
            found[claim] = _bound(
                project,
                data_volume_name(project.name, claim),
                claim,
                _data_source(project, source, storage),
                storage,
            )
    return [manifest for pair in found.values() for manifest in pair]


def data_volume_name(project: str, claim: str) -> str:
    """Name the cluster-wide volume behind a claim of data sources."""
    return f"{DATA_CLAIM}.{project}{claim.removeprefix(DATA_CLAIM)}"


def _data_source(
    project: Project, source: DataSource, storage: StorageSettings
) -> Manifest:
    if source.nfs is None:
        return _shared_source(project, DATA_DIRECTORY, storage)
    nfs = {"server": source.nfs.server, "path": source.nfs.path}
    return {"nfs": nfs | ({"readOnly": True} if source.read_only else {})}


def _shared_source(
    project: Project, directory: str, storage: StorageSettings
) -> Manifest:
    values = {"category": directory, "project": project.name}
    source: Manifest = _filled_in(storage.persistent_volume, values)
    if storage.mount_options:
        source = source | {"mountOptions": list(storage.mount_options)}
    return source


def _bound(
    project: Project,
    name: str,
    claim_name: str,
    source: Manifest,
    storage: StorageSettings,
) -> tuple[Manifest, Manifest]:
    namespace = project_namespace(project.name)
    shared: Manifest = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "",
        "volumeMode": "Filesystem",
    }
    volume = cluster_wide(project, "v1", "PersistentVolume", name)
    volume["spec"] = {
        **shared,
        **source,
        "capacity": {"storage": storage.capacity},
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": claim_name,
            "namespace": namespace,
        },
    }
    claim = in_namespace(project, "v1", "PersistentVolumeClaim", claim_name)
    claim["spec"] = {
        **shared,
        "volumeName": name,
        "resources": {"requests": {"storage": storage.capacity}},
    }
    return volume, claim


def _filled_in(template: Any, values: dict[str, str]) -> Any:
    """Replace ``$(name)`` in every string of a template."""
    match template:
        case str():
            for name, value in values.items():
                template = template.replace(f"$({name})", value)
            return template
        case dict():
            return {key: _filled_in(each, values) for key, each in template.items()}
        case list():
            return [_filled_in(each, values) for each in template]
        case _:
            return template
