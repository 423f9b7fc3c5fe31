"""Kubeflow Trainer v2: a TrainJob with a runtime of its own. Pure.

A TrainJob may override little of the pods of its runtime: no affinity, no security
context. So each job brings its runtime, which holds the whole template, and the
TrainJob repeats what people and the Kubeflow SDK look for.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from mofang_api.models import Engine as EngineName
from mofang_api.models import Framework
from mofang_jobs.domain.frameworks import processes
from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.base import (
    Engine,
    Resource,
    Templates,
    WorkloadKind,
    frameworks_with,
)
from mofang_jobs.engines.job_manifest import build_head
from mofang_jobs.engines.pod_template import job_labels
from mofang_jobs.engines.replicated_job import (
    COMPLETION_INDEX,
    replicated_job,
    replicated_job_host,
)
from mofang_kube import names

NODE = "node"
_STEP = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}

TRAIN_JOB = WorkloadKind(
    engine=EngineName.TRAINER_V2,
    kind="TrainJob",
    group="trainer.kubeflow.org",
    version="v1alpha1",
    plural="trainjobs",
    container=NODE,
    roles=frameworks_with({"worker": NODE}),
    suspend=("spec", "suspend"),
)
RUNTIME = Resource(
    group=TRAIN_JOB.group,
    version=TRAIN_JOB.version,
    kind="TrainingRuntime",
    plural="trainingruntimes",
)


class TrainerV2(Engine):
    """Kubeflow Trainer v2: a JobSet made from a runtime, which each job brings."""

    name = EngineName.TRAINER_V2
    kinds = (TRAIN_JOB,)
    prerequisites = (RUNTIME,)
    index_label = COMPLETION_INDEX
    # Trainer has not seen the runtime that was made a moment ago.
    retried_refusals = ("specified trainingRuntime must be created before",)

    @override
    def host_of(
        self, kind: WorkloadKind, name: str, framework: Framework, role: str
    ) -> str:
        return replicated_job_host(name, kind.roles[framework][role])

    @override
    def build(
        self, kind: WorkloadKind, job: JobRequest, templates: Templates
    ) -> list[Manifest]:
        role, template = templates[0]
        return [
            build_runtime(job, role, template),
            build_train_job(job, role, template),
        ]


def build_runtime(job: JobRequest, role: RolePodSpec, template: Manifest) -> Manifest:
    """Build the runtime, which must be there before the job.

    Args:
        job: Names the runtime.
        role: Its only role.
        template: Pod template of the role.
    """
    _count_devices(template)
    replicated = replicated_job(job, role, template, name=NODE)
    replicated["template"]["metadata"]["labels"] = {
        **replicated["template"]["metadata"]["labels"],
        **_STEP,
    }
    policy: dict[str, Any] = {"numNodes": role.replicas}
    if job.spec.framework.declaration.uses_torchrun:
        policy["torch"] = {"numProcPerNode": _processes(job)}
    return {
        "apiVersion": RUNTIME.api_version,
        "kind": RUNTIME.kind,
        "metadata": {
            "name": job.object_name,
            "namespace": job.namespace,
            "labels": {
                **job_labels(job),
                "trainer.kubeflow.org/framework": "torch"
                if job.spec.framework.declaration.uses_torchrun
                else "plainml",
            },
        },
        "spec": {
            "mlPolicy": policy,
            "template": {
                "spec": {
                    # No failurePolicy: no restart is the default, and one that is
                    # spelled out looks changed to the operator, which then cannot
                    # protect the runtime.
                    "network": {"publishNotReadyAddresses": True},
                    "replicatedJobs": [replicated],
                }
            },
        },
    }


def build_train_job(job: JobRequest, role: RolePodSpec, template: Manifest) -> Manifest:
    """Build the job.

    Args:
        job: The job.
        role: Its only role.
        template: Pod template of the role.
    """
    _count_devices(template)
    container = template["spec"]["containers"][0]
    trainer: dict[str, Any] = {
        "image": container["image"],
        "command": container["command"],
        "numNodes": role.replicas,
        "resourcesPerNode": container["resources"],
    }
    if job.spec.framework.declaration.uses_torchrun:
        trainer["numProcPerNode"] = _processes(job)
    return {
        **build_head(TRAIN_JOB, job),
        "spec": {
            "suspend": True,
            "runtimeRef": {"kind": RUNTIME.kind, "name": job.object_name},
            "labels": job_labels(job),
            "trainer": trainer,
        },
    }


def _count_devices(template: Manifest) -> None:
    # The Kubeflow SDK cannot read a container whose limits name no device.
    for container in template["spec"]["containers"]:
        container["resources"]["limits"].setdefault(names.GPU_RESOURCE, "0")


def _processes(job: JobRequest) -> int:
    return processes(job.spec, job.spec.resolved_roles()[0])
