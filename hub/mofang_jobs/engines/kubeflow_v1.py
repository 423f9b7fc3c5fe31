"""Render a job for the Kubeflow Training Operator v1. Pure.

Its kinds differ in how they call things; the pods are the same. When the job ends,
replicas that still run are ended with it, while those that ended stay: their last
words tell why. No replica is restarted alone.
"""

from __future__ import annotations

from typing import Any

from mofang_jobs.domain.frameworks import processes
from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.job_manifest import build_head
from mofang_jobs.engines.workload_kinds import (
    MPI_JOB,
    PYTORCH_JOB,
    TF_JOB,
    WorkloadKind,
)


def build_kubeflow_job(
    kind: WorkloadKind, job: JobRequest, templates: list[tuple[RolePodSpec, Manifest]]
) -> Manifest:
    """Build the object that the operator makes pods from.

    Args:
        kind: Which of the operator's.
        job: The job.
        templates: Its roles with the templates of their pods.
    """
    policy = {
        "cleanPodPolicy": "Running",
        "ttlSecondsAfterFinished": int(job.keep.total_seconds()),
        "suspend": True,
    }
    called = kind.roles[job.spec.framework]
    return {
        **build_head(kind, job),
        "spec": {
            **_own(kind, job),
            "runPolicy": policy,
            kind.replicas: {
                called[role.name]: _replicas(kind, role, template)
                for role, template in templates
            },
        },
    }


def _own(kind: WorkloadKind, job: JobRequest) -> dict[str, Any]:
    """Return the fields that only one kind has."""
    worker = next(
        (role for role in job.spec.resolved_roles() if role.name == "worker"), None
    )
    slots = processes(job.spec, worker) if worker else 1
    if kind is PYTORCH_JOB:
        return {"nprocPerNode": str(slots)}
    if kind is MPI_JOB:
        return {"slotsPerWorker": slots}
    roles = {role.name for role in job.spec.resolved_roles()}
    if kind is TF_JOB and job.spec.framework.declaration.success_role not in roles:
        # The default ends the job with worker-0, while others may still save.
        return {"successPolicy": "AllWorkers"}
    return {}


def _replicas(kind: WorkloadKind, role: RolePodSpec, template: Manifest) -> Manifest:
    if role.port:
        ports = [
            {"name": kind.port_name, "containerPort": role.port, "protocol": "TCP"}
        ]
        template["spec"]["containers"][0]["ports"] = ports
    if kind is MPI_JOB:
        # Otherwise the operator makes an account that may run commands in workers;
        # replicas find each other without it, and no pod of a user has such rights.
        template["spec"]["serviceAccountName"] = "default"
    return {"replicas": role.replicas, "restartPolicy": "Never", "template": template}
