"""Build everything a project's namespace holds.

Pure: nothing here talks to Kubernetes. The reconciler applies what this
returns, in this order, and again whenever something drifted.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mofang_kube.names import (
    GPU_RESOURCE,
    LAUNCHER_ACCOUNT,
    PROJECT_LABEL,
    PULL_SECRET_PREFIX,
    project_namespace,
)
from mofang_projects.data_sources import SourceState, namespace_annotations
from mofang_projects.models import Project, ProjectQuota
from mofang_projects.policies import build_policies
from mofang_projects.settings import NamespaceSettings, StorageSettings, VolumeCategory
from mofang_spawner.data_sources.models import CLAIM as DATA_CLAIM
from mofang_spawner.data_sources.models import DataSource

Manifest = dict[str, Any]


JOB_QUOTA = "mofang-jobs"
DATA_DIRECTORY = "data"
"""Of the storage: where data sources of the kind ``cephfs`` are."""
_SPARE_JOBS = 10
"""A tenth of the jobs that a project may keep, and at least so many."""
_HUB_ROLE = "mofang-hub-project"
_TRAINING_ROLE = "mofang-training-project"
_OPERATOR_ROLE = "mofang-reconciler-project"
_PULL_SECRET_TYPES = (
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/dockercfg",
)


class BadPullSecretError(Exception):
    """An image pull secret is missing or of another kind, said as a sentence."""


def claim_name(category: VolumeCategory) -> str:
    """Name the claim of a category, the same in every project's namespace."""
    return f"mofang-{category.value}"


def volume_name(project: str, category: VolumeCategory) -> str:
    """Name the cluster-wide volume behind a project's claim."""
    return f"mofang-{project}-{category.value}"


def build_namespace_objects(
    project: Project,
    settings: NamespaceSettings,
    counted: Iterable[str] = (),
    sources: Sequence[SourceState] = (),
) -> list[Manifest]:
    """Build all objects of a project: its namespace first, then what is in it.

    Args:
        project: The project.
        settings: What is the same for all projects.
        counted: Resources of which a project has a number at most, such as
            ``pytorchjobs.kubeflow.org``.
        sources: Data sources of the project and of its environments.
    """
    return [
        build_namespace(project, sources),
        # Early: the copies of pull secrets, made last, need the right to write them.
        *(
            build_role_binding(
                project,
                _OPERATOR_ROLE,
                settings.operator_service_account,
                settings.platform_namespace,
            )
            for _ in settings.image_pull_secrets[:1]
        ),
        build_service_account(project, settings),
        build_service_account(project, settings, LAUNCHER_ACCOUNT),
        *(
            _in_namespace(project, "networking.k8s.io/v1", "NetworkPolicy", name)
            | {"spec": spec}
            for name, spec in build_policies(settings).items()
        ),
        build_quota(project),
        build_job_quota(project, settings, counted),
        build_limits(project),
        *(
            manifest
            for category in VolumeCategory
            for manifest in build_volume(project, category, settings.storage)
        ),
        *build_data_volumes(project, sources, settings.storage),
        build_role_binding(
            project,
            _HUB_ROLE,
            settings.hub_service_account,
            settings.platform_namespace,
        ),
        build_role_binding(
            project,
            _TRAINING_ROLE,
            settings.training_service_account,
            settings.platform_namespace,
        ),
    ]


def build_namespace(project: Project, sources: Iterable[SourceState] = ()) -> Manifest:
    """Build the namespace, in which only *restricted* pods are admitted.

    Args:
        project: The project.
        sources: Data sources that its pods may mount.
    """
    levels = {
        f"pod-security.kubernetes.io/{mode}": "restricted"
        for mode in ("enforce", "audit", "warn")
    }
    manifest = _cluster_wide(
        project, "v1", "Namespace", project_namespace(project.name)
    )
    manifest["metadata"]["labels"] |= levels
    if annotations := namespace_annotations(sources):
        manifest["metadata"]["annotations"] = annotations
    return manifest


def build_service_account(
    project: Project, settings: NamespaceSettings, name: str = "default"
) -> Manifest:
    """Build an account of pods: no token, and the secrets to pull images with.

    Args:
        project: The project.
        settings: What is the same for all projects.
        name: Of the account. The Training Operator gives launchers of MPIJobs rights
            on their workers; so they have one of their own, and that of all other pods
            never has any.
    """
    account = _in_namespace(project, "v1", "ServiceAccount", name)
    account["automountServiceAccountToken"] = False
    if settings.image_pull_secrets:
        account["imagePullSecrets"] = [
            {"name": pull_secret_name(each)} for each in settings.image_pull_secrets
        ]
    return account


def pull_secret_name(source: str) -> str:
    """Name the copy of a pull secret; no other Secret of a namespace is called so."""
    return f"{PULL_SECRET_PREFIX}{source}"


def build_pull_secret(project: Project, source: Manifest) -> Manifest:
    """Build a project's copy of an image pull secret.

    Raises:
        BadPullSecretError: The source holds something else than log-ins of registries.
    """
    name, kind = source["metadata"]["name"], source.get("type", "Opaque")
    if kind not in _PULL_SECRET_TYPES:
        msg = (
            f"The Secret {name} of imagePullSecrets has the type {kind}: make it by "
            f"kubectl create secret docker-registry {name}."
        )
        raise BadPullSecretError(msg)
    copy = _in_namespace(project, "v1", "Secret", pull_secret_name(name))
    return copy | {"type": kind, "data": source.get("data", {})}


def build_quota(project: Project) -> Manifest:
    """Build the quota. What the project does not name is not limited."""
    return _in_namespace(project, "v1", "ResourceQuota", "mofang") | {
        "spec": {"hard": _hard_limits(project.spec.quota)}
    }


def build_job_quota(
    project: Project, settings: NamespaceSettings, counted: Iterable[str] = ()
) -> Manifest:
    """Build the quota of jobs, apart from that of pods.

    A suspended job takes nothing of what pods ask for, and yet room in etcd and in the
    memory of all who watch jobs. The training service counts submissions; this is for
    whatever else makes jobs, and leaves room for the next attempts of those that fail.

    Args:
        project: The project.
        settings: What is the same for all projects.
        counted: Resources that are counted.
    """
    maximum = project.spec.quota.jobs or settings.jobs_per_project
    maximum += max(_SPARE_JOBS, maximum // _SPARE_JOBS)
    return _in_namespace(project, "v1", "ResourceQuota", JOB_QUOTA) | {
        "spec": {"hard": {count_name(each): str(maximum) for each in counted}}
    }


def count_name(resource: str) -> str:
    """Return what a ResourceQuota calls the number of a resource's objects."""
    return f"count/{resource}"


def _hard_limits(quota: ProjectQuota) -> dict[str, str]:
    hard = {
        # Nothing of a project is reached but through the gateway.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    if quota.cpu is not None:
        hard["requests.cpu"] = quota.cpu
    if quota.memory is not None:
        hard |= {"requests.memory": quota.memory, "limits.memory": quota.memory}
    if quota.gpu is not None:
        hard[f"requests.{GPU_RESOURCE}"] = str(quota.gpu)
    if quota.pods is not None:
        hard["pods"] = str(quota.pods)
    if quota.ephemeral_storage is not None:
        hard["limits.ephemeral-storage"] = quota.ephemeral_storage
    return hard


def build_limits(project: Project) -> Manifest:
    """Build the defaults of containers that say nothing of their needs.

    A quota refuses such containers; operators add small ones of that kind.
    """
    limit = {
        "type": "Container",
        "defaultRequest": {
            "cpu": "50m",
            "memory": "64Mi",
            "ephemeral-storage": "50Mi",
        },
        "default": {"memory": "256Mi", "ephemeral-storage": "1Gi"},
    }
    return _in_namespace(project, "v1", "LimitRange", "mofang") | {
        "spec": {"limits": [limit]}
    }


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
    volume = _cluster_wide(project, "v1", "PersistentVolume", name)
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
    claim = _in_namespace(project, "v1", "PersistentVolumeClaim", claim_name)
    claim["spec"] = {
        **shared,
        "volumeName": name,
        "resources": {"requests": {"storage": storage.capacity}},
    }
    return volume, claim


def build_role_binding(
    project: Project, role: str, service_account: str, platform_namespace: str
) -> Manifest:
    """Let one of the platform's accounts work in this namespace.

    Args:
        project: The project.
        role: Name of the ClusterRole; also of the binding.
        service_account: Name of the platform's account.
        platform_namespace: Where the account is.
    """
    binding = _in_namespace(
        project, "rbac.authorization.k8s.io/v1", "RoleBinding", role
    )
    binding["roleRef"] = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": role,
    }
    binding["subjects"] = [
        {
            "kind": "ServiceAccount",
            "name": service_account,
            "namespace": platform_namespace,
        }
    ]
    return binding


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


def _cluster_wide(project: Project, api_version: str, kind: str, name: str) -> Manifest:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": {
                PROJECT_LABEL: project.name,
                "app.kubernetes.io/part-of": "mofang",
                "app.kubernetes.io/managed-by": "mofang-reconciler",
            },
        },
    }


def _in_namespace(project: Project, api_version: str, kind: str, name: str) -> Manifest:
    manifest = _cluster_wide(project, api_version, kind, name)
    manifest["metadata"]["namespace"] = project_namespace(project.name)
    return manifest
