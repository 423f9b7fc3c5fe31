"""The pod of a replica: what every role of every framework gets. Pure.

Kubernetes expands ``$(NAME)`` in commands and values. Users' texts must reach their
programs as they were written, so every dollar sign of theirs is doubled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mofang_api.models import SecretKey
from mofang_jobs.domain.log_paths import log_file_name
from mofang_jobs.domain.models import (
    JobRequest,
    Manifest,
    RolePodSpec,
    SchedulingMetadata,
)
from mofang_jobs.domain.nodes import Node
from mofang_kube import names
from mofang_kube.ephemeral_storage import (
    CACHE_PATH,
    CACHE_VOLUME,
    RESOURCE,
    ContainerDisk,
    cache_variables,
)
from mofang_kube.placement import PlacementRequest, build_placement
from mofang_spawner.volumes.grants import (
    HOME,
    LOGS_PATH,
    logs_grant,
    mounts,
    volumes,
)

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a mount of the container
GRACE_SECONDS = 30


def job_labels(job: JobRequest) -> dict[str, str]:
    """Return what the job's object and its pods are found by."""
    return {
        names.JOB_LABEL: job.id,
        names.PROJECT_LABEL: job.project,
        names.OWNER_LABEL: names.user_slug(job.owner),
        names.FRAMEWORK_LABEL: job.spec.framework.value,
        names.ATTEMPT_LABEL: str(job.attempt),
    }


def build_pod_template(
    job: JobRequest,
    role: RolePodSpec,
    *,
    container: str,
    index_label: str,
    nodes: Iterable[Node],
    scheduling_metadata: SchedulingMetadata,
) -> Manifest:
    """Build the template of a role's pods.

    Args:
        job: The job.
        role: Its role.
        container: The name that the operator wants for the container.
        index_label: Label by which the operator numbers the replicas.
        nodes: All nodes of the cluster.
        scheduling_metadata: What the gang's policy wants.
    """
    request = PlacementRequest(
        requests_gpu=role.requests_gpu,
        pool=job.pool,
        excluded_nodes=job.excluded_nodes,
        pack_with={names.JOB_LABEL: job.id, names.ROLE_LABEL: role.name},
    )
    placement = build_placement(request, nodes)
    spec: Manifest = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": job.spec.run_as_user,
            "runAsGroup": names.UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "affinity": placement.affinity,
        "tolerations": placement.tolerations,
        "containers": [_container(job, role, container, index_label)],
        "volumes": [
            *volumes((*job.grants, logs_grant(job.project, job.id))),
            *job.data.volumes,
            *(job.packages.volumes if job.packages else ()),
            *_cache_volumes(job.disks[role.name]),
            {
                "name": "shared-memory",
                "emptyDir": {"medium": "Memory", "sizeLimit": role.resources.memory},
            },
        ],
    }
    if job.image_pull_secrets:
        # The Training Operator runs launchers of MPIJobs by an account of their own,
        # which lacks the secrets of the namespace's default one.
        spec["imagePullSecrets"] = [{"name": each} for each in job.image_pull_secrets]
    if scheduling_metadata.scheduler:
        spec["schedulerName"] = scheduling_metadata.scheduler
    if scheduling_metadata.priority_class:
        spec["priorityClassName"] = scheduling_metadata.priority_class
    labels = {
        **job_labels(job),
        names.ROLE_LABEL: role.name,
        **scheduling_metadata.labels,
    }
    metadata: Manifest = {"labels": labels}
    annotations = {**job.data.annotations, **scheduling_metadata.annotations}
    if annotations:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": spec}


def _container(
    job: JobRequest, role: RolePodSpec, container: str, index_label: str
) -> Manifest:
    amounts = {"cpu": role.resources.cpu, "memory": role.resources.memory}
    if role.requests_gpu:
        amounts[names.GPU_RESOURCE] = str(role.resources.gpu)
    disk = job.disks[role.name]
    requests = {**amounts, RESOURCE: str(disk.request)}
    # No limit of CPU: what is free may be borrowed, what is asked for is kept.
    limits = {name: amount for name, amount in amounts.items() if name != "cpu"}
    limits[RESOURCE] = str(disk.limit)
    return {
        "name": container,
        "image": job.spec.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [literal(argument) for argument in role.command],
        "env": _environment(job, role, index_label),
        "resources": {"requests": requests, "limits": limits},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            *mounts((*job.grants, logs_grant(job.project, job.id))),
            *job.data.mounts,
            *(job.packages.mounts if job.packages else ()),
            *_cache_mounts(disk),
            {"name": "shared-memory", "mountPath": SHARED_MEMORY},
        ],
    }


def _cache_volumes(disk: ContainerDisk) -> list[Manifest]:
    limit = {"sizeLimit": str(disk.cache)}
    return [{"name": CACHE_VOLUME, "emptyDir": limit}] if disk.cache else []


def _cache_mounts(disk: ContainerDisk) -> list[Manifest]:
    mount = {"name": CACHE_VOLUME, "mountPath": CACHE_PATH}
    return [mount] if disk.cache else []


def _environment(
    job: JobRequest, role: RolePodSpec, index_label: str
) -> list[Manifest]:
    log_file = log_file_name(job.id, role.name, "$(MOFANG_REPLICA_INDEX)")
    # Not every operator numbers a role that has one replica only.
    index = (
        _variable("MOFANG_REPLICA_INDEX", "0")
        if role.replicas == 1
        else _field("MOFANG_REPLICA_INDEX", f"metadata.labels['{index_label}']")
    )
    return [
        index,
        _field("MOFANG_NODE_NAME", "spec.nodeName"),
        # The only reference that is meant as one: it follows what it refers to.
        _variable("MOFANG_LOG_FILE", f"{LOGS_PATH}/{log_file}"),
        *_literals(
            {
                "HOME": HOME,
                **role.environment,
                # Where the volume is, whatever the user calls home.
                "MOFANG_HOME": HOME,
                "MOFANG_JOB_ID": job.id,
                "MOFANG_PROJECT": job.project,
                "MOFANG_ROLE": role.name,
                "MOFANG_WORKING_DIRECTORY": job.spec.working_directory,
                **cache_variables(job.disks[role.name].cache_usable),
            }
        ),
        *(_secret(name, kept) for name, kept in job.spec.secrets.items()),
    ]


def _secret(name: str, kept: SecretKey) -> Manifest:
    # The prefix keeps every other Secret of the namespace out of reach.
    reference = {"name": f"{names.SECRET_PREFIX}{kept.secret}", "key": kept.key}
    return {"name": name, "valueFrom": {"secretKeyRef": reference}}


def _literals(environment: Mapping[str, str]) -> list[Manifest]:
    return [_variable(name, literal(value)) for name, value in environment.items()]


def _variable(name: str, value: str) -> Manifest:
    return {"name": name, "value": value}


def _field(name: str, path: str) -> Manifest:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def literal(text: str) -> str:
    """Return a text that Kubernetes expands to the given one."""
    return text.replace("$", "$$")
