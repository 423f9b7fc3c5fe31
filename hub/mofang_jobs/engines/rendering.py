"""Render a job for the kind that runs it: the objects to create, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mofang_jobs.domain.frameworks import plan_roles
from mofang_jobs.domain.models import JobRequest, Manifest, SchedulingMetadata
from mofang_jobs.domain.nodes import Node
from mofang_jobs.engines.base import Templates, WorkloadKind
from mofang_jobs.engines.pod_template import build_pod_template
from mofang_jobs.engines.registry import engine_of


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
    return engine_of(kind).build(kind, job, templates)


def _templates(
    kind: WorkloadKind,
    job: JobRequest,
    nodes: tuple[Node, ...],
    scheduling_metadata: SchedulingMetadata,
) -> Templates:
    engine, framework = engine_of(kind), job.spec.framework
    roles = plan_roles(
        job, lambda role: engine.host_of(kind, job.object_name, framework, role)
    )
    return [
        (
            role,
            build_pod_template(
                job,
                role,
                container=kind.container,
                index_label=engine.index_label,
                nodes=nodes,
                scheduling_metadata=scheduling_metadata,
            ),
        )
        for role in roles
    ]
