"""Render a job as a PyTorchJob of the Kubeflow Training Operator v1. Pure.

The object has workers only (the operator, 1.8, allows it and then adds no init
container). When the job ends, replicas that still run are ended with it, while those
that ended stay: their last words tell why. No replica is restarted.
"""

from __future__ import annotations

from collections.abc import Iterable

from mofang_hub.jobs.frameworks import plan_roles
from mofang_hub.jobs.models import Manifest, NewJob, RolePlan
from mofang_hub.jobs.placement import Machine
from mofang_hub.jobs.pods import build_pod_template, job_labels
from mofang_kube import names

GROUP = "kubeflow.org"
VERSION = "v1"
PLURAL = "pytorchjobs"
CONTAINER = "pytorch"
PORT_NAME = "pytorchjob-port"
INDEX_LABEL = "training.kubeflow.org/replica-index"


def build_pytorch_job(job: NewJob, machines: Iterable[Machine]) -> Manifest:
    """Build the object that the operator makes pods from."""
    known = tuple(machines)
    roles = plan_roles(job)
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "PyTorchJob",
        "metadata": {
            "name": job.id,
            "namespace": job.namespace,
            "labels": job_labels(job),
            "annotations": {
                names.JOB_SPEC_ANNOTATION: job.spec.model_dump_json(),
                names.OWNER_NAME_ANNOTATION: job.owner,
            },
        },
        "spec": {
            "nprocPerNode": str(max(job.spec.resources.gpu, 1)),
            "runPolicy": {
                "cleanPodPolicy": "Running",
                "ttlSecondsAfterFinished": int(job.keep.total_seconds()),
                "suspend": False,
            },
            "pytorchReplicaSpecs": {
                role.name.capitalize(): _replicas(job, role, known) for role in roles
            },
        },
    }


def _replicas(job: NewJob, role: RolePlan, machines: tuple[Machine, ...]) -> Manifest:
    template = build_pod_template(
        job, role, container=CONTAINER, index_label=INDEX_LABEL, machines=machines
    )
    ports = [{"name": PORT_NAME, "containerPort": role.port, "protocol": "TCP"}]
    template["spec"]["containers"][0]["ports"] = ports
    return {"replicas": role.replicas, "restartPolicy": "Never", "template": template}


def build_cancellation(user: str, at: str) -> Manifest:
    """Build the one patch that ends a job and says who wanted it.

    Args:
        user: Raw name of who cancels.
        at: Time in RFC 3339.
    """
    return {
        "metadata": {
            "annotations": {
                names.CANCELLED_BY_ANNOTATION: user,
                names.CANCELLED_AT_ANNOTATION: at,
            }
        },
        "spec": {"runPolicy": {"suspend": True}},
    }


def pod_name(job_id: str, role: str, index: int) -> str:
    """Return the name that the operator gives to a replica's pod."""
    return f"{job_id}-{role}-{index}"
