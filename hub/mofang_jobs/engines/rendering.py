"""Render a job for the kind that runs it: the objects to create, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mofang_api.models import Engine
from mofang_jobs.domain.frameworks import plan_roles
from mofang_jobs.domain.models import (
    JobRequest,
    Manifest,
    RolePodSpec,
    SchedulingMetadata,
)
from mofang_jobs.domain.nodes import Node
from mofang_jobs.engines.jobset import build_job_set
from mofang_jobs.engines.kubeflow_v1 import build_kubeflow_job
from mofang_jobs.engines.kuberay import build_ray_job
from mofang_jobs.engines.pod_template import build_pod_template
from mofang_jobs.engines.trainer_v2 import build_runtime, build_train_job
from mofang_jobs.engines.workload_kinds import WorkloadKind


def render(
    kind: WorkloadKind,
    job: JobRequest,
    nodes: Iterable[Node],
    scheduling_metadata: SchedulingMetadata,
) -> list[Manifest]:
    """Return the objects of a job; the last is the job's own.

    Args:
        kind: Which resource runs it.
        job: The job.
        nodes: All nodes of the cluster.
        scheduling_metadata: What the gang's policy wants of pods.
    """
    templates = _templates(kind, job, tuple(nodes), scheduling_metadata)
    match kind.engine:
        case Engine.KUBEFLOW_V1:
            return [build_kubeflow_job(kind, job, templates)]
        case Engine.JOBSET:
            return [build_job_set(job, templates)]
        case Engine.TRAINER_V2:
            role, template = templates[0]
            return [
                build_runtime(job, role, template),
                build_train_job(job, role, template),
            ]
        case Engine.RAY_OPERATOR:
            return [build_ray_job(job, templates)]


def _templates(
    kind: WorkloadKind,
    job: JobRequest,
    nodes: tuple[Node, ...],
    scheduling_metadata: SchedulingMetadata,
) -> list[tuple[RolePodSpec, Manifest]]:
    framework = job.spec.framework
    roles = plan_roles(job, lambda role: kind.host_of(job.object_name, framework, role))
    return [
        (
            role,
            build_pod_template(
                job,
                role,
                container=kind.container,
                index_label=kind.index_label,
                nodes=nodes,
                scheduling_metadata=scheduling_metadata,
            ),
        )
        for role in roles
    ]
