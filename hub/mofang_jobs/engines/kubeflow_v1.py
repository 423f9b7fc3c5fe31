"""Kubeflow Training Operator v1: PyTorchJob, TFJob, MPIJob and XGBoostJob. Pure.

Its kinds differ in how they call things; the pods are the same. When the job ends,
replicas that still run are ended with it, while those that ended stay: their last
words tell why. No replica is restarted alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from mofang_api.models import Engine as EngineName
from mofang_api.models import Framework
from mofang_jobs.domain.frameworks import processes
from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.base import (
    Engine,
    Templates,
    WorkloadKind,
    frameworks_led_by,
    frameworks_with,
)
from mofang_jobs.engines.job_manifest import build_head
from mofang_kube.names import LAUNCHER_ACCOUNT

_LAUNCHER = "launcher"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OperatorKind(WorkloadKind):
    """One kind of the operator's."""

    replicas: str
    """Field of the specification that holds the replicas of all roles."""

    port_name: str
    """What the operator calls the port by which replicas find each other."""


def _kind(
    kind: str, container: str, short: str, roles: Mapping[Framework, Mapping[str, str]]
) -> OperatorKind:
    return OperatorKind(
        engine=EngineName.KUBEFLOW_V1,
        kind=kind,
        group="kubeflow.org",
        version="v1",
        plural=f"{kind.lower()}s",
        container=container,
        roles=roles,
        suspend=("spec", "runPolicy", "suspend"),
        has_hosts=kind != "MPIJob",
        port_name=f"{kind.lower()}-port",
        replicas=f"{short}ReplicaSpecs",
    )


PYTORCH_JOB = _kind(
    "PyTorchJob", "pytorch", "pytorch", frameworks_with({"worker": "Worker"})
)
MPI_JOB = _kind(
    "MPIJob",
    "mpi",
    "mpi",
    frameworks_with({_LAUNCHER: "Launcher", "worker": "Worker"}),
)
XGBOOST_JOB = _kind(
    "XGBoostJob",
    "xgboost",
    "xgb",
    frameworks_with({"master": "Master", "worker": "Worker"}),
)
# The chief's end is the job's; no other kind of the operator lets a first replica
# decide without an init container of the operator's own.
TF_JOB = _kind(
    "TFJob",
    "tensorflow",
    "tf",
    {
        **frameworks_with({"chief": "Chief", "ps": "PS", "worker": "Worker"}),
        **frameworks_led_by(
            "Chief", but_for=(PYTORCH_JOB.roles, MPI_JOB.roles, XGBOOST_JOB.roles)
        ),
    },
)


class KubeflowV1(Engine):
    """The Training Operator: one pod per replica, owned by the job's object."""

    name = EngineName.KUBEFLOW_V1
    kinds = (PYTORCH_JOB, TF_JOB, MPI_JOB, XGBOOST_JOB)
    index_label = "training.kubeflow.org/replica-index"
    owns_pods = True

    @override
    def host_of(
        self, kind: WorkloadKind, name: str, framework: Framework, role: str
    ) -> str:
        if not kind.has_hosts:
            return ""
        return f"{name}-{kind.roles[framework][role].lower()}-{{index}}"

    @override
    def build(
        self, kind: WorkloadKind, job: JobRequest, templates: Templates
    ) -> list[Manifest]:
        if not isinstance(kind, OperatorKind):
            raise TypeError(kind.kind)
        policy = {
            "cleanPodPolicy": "Running",
            "ttlSecondsAfterFinished": int(job.keep.total_seconds()),
            "suspend": True,
        }
        called = kind.roles[job.spec.framework]
        body = {
            **build_head(kind, job),
            "spec": {
                **_own_fields(kind, job),
                "runPolicy": policy,
                kind.replicas: {
                    called[role.name]: _replicas(kind, role, template)
                    for role, template in templates
                },
            },
        }
        return [body]


def _own_fields(kind: WorkloadKind, job: JobRequest) -> dict[str, Any]:
    """Return the fields that only one kind has."""
    worker = next(
        (role for role in job.spec.resolved_roles() if role.name == "worker"), None
    )
    slots = processes(job.spec, worker) if worker else 1
    if kind == PYTORCH_JOB:
        return {"nprocPerNode": str(slots)}
    if kind == MPI_JOB:
        return {"slotsPerWorker": slots}
    roles = {role.name for role in job.spec.resolved_roles()}
    if kind == TF_JOB and job.spec.framework.declaration.success_role not in roles:
        # The default ends the job with worker-0, while others may still save.
        return {"successPolicy": "AllWorkers"}
    return {}


def _replicas(kind: OperatorKind, role: RolePodSpec, template: Manifest) -> Manifest:
    if role.port:
        ports = [
            {"name": kind.port_name, "containerPort": role.port, "protocol": "TCP"}
        ]
        template["spec"]["containers"][0]["ports"] = ports
    if kind == MPI_JOB:
        # The operator lets the launcher's account run commands in workers. Replicas
        # find each other without that, and none has a token; the account of all other
        # pods must not collect such rights.
        is_launcher = role.name == _LAUNCHER
        account = LAUNCHER_ACCOUNT if is_launcher else "default"
        template["spec"]["serviceAccountName"] = account
    return {"replicas": role.replicas, "restartPolicy": "Never", "template": template}
