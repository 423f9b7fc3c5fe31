"""What is reserved now: of each node, GPU by GPU, and by whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mofang_hub.usage.intervals import OpenInterval, WorkloadType
from mofang_hub.usage.query import UsageViewer
from mofang_kube.names import GPU_PRODUCT
from mofang_kube.nodes import is_lost
from mofang_kube.pod_resources import PodResources

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGpus:
    """GPUs of one node that one pod holds, or that are free."""

    count: int
    interval: OpenInterval | None = None
    """Whose they are; None for free ones, and where the viewer may not see it."""

    project: str = ""
    """Whose they are where the viewer may see that much; empty otherwise."""

    is_free: bool = False


@dataclass(slots=True, kw_only=True)
class HeldNode:
    """One node."""

    name: str
    gpu_model: str = ""
    is_lost: bool = False
    allocatable: PodResources | None = None
    """What pods may reserve there; None for a node that is gone."""

    held: PodResources = field(default_factory=PodResources)
    """By servers and jobs; other pods of the cluster are not counted."""

    gpus: list[HeldGpus] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class HeldBy:
    """What one person holds in one project."""

    project: str
    owner: str
    servers: int = 0
    """Pods of servers."""

    jobs: set[str] = field(default_factory=set)
    held: PodResources = field(default_factory=PodResources)


def held_nodes(
    nodes: Iterable[Manifest], intervals: Iterable[OpenInterval], viewer: UsageViewer
) -> list[HeldNode]:
    """Return all nodes, those with GPUs first, then by name.

    Args:
        nodes: Of the cluster.
        intervals: What is reserved, of everybody.
        viewer: Who looks.
    """
    found = {node["metadata"]["name"]: _node(node) for node in nodes}
    for each in sorted(intervals, key=_order):
        name = each.allocation.node
        node = found.setdefault(name, HeldNode(name=name))
        resources = _resources(each)
        node.held = node.held.plus(resources)
        if resources.gpus:
            node.gpus.append(_held_gpus(each, viewer))
            node.gpu_model = node.gpu_model or each.allocation.gpu_model
    for node in found.values():
        free = (node.allocatable.gpus if node.allocatable else 0) - node.held.gpus
        if free > 0:
            node.gpus.append(HeldGpus(count=free, is_free=True))
    return sorted(found.values(), key=lambda node: (not node.gpus, node.name))


def held_by(intervals: Iterable[OpenInterval], viewer: UsageViewer) -> list[HeldBy]:
    """Return what people hold, as far as somebody may see it.

    Args:
        intervals: What is reserved, of everybody.
        viewer: Who looks.
    """
    found: dict[tuple[str, str], HeldBy] = {}
    for each in intervals:
        allocation = each.allocation
        key = allocation.project, allocation.owner
        if not viewer.may_see(*key):
            continue
        row = found.setdefault(key, HeldBy(project=key[0], owner=key[1]))
        row.held = row.held.plus(_resources(each))
        if allocation.workload_type is WorkloadType.JOB:
            row.jobs.add(allocation.workload)
        else:
            row.servers += 1
    return [found[key] for key in sorted(found)]


def _node(node: Manifest) -> HeldNode:
    metadata = node["metadata"]
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    return HeldNode(
        name=metadata["name"],
        gpu_model=(metadata.get("labels") or {}).get(GPU_PRODUCT, ""),
        is_lost=is_lost(node),
        allocatable=PodResources.from_requests(allocatable),
    )


def _held_gpus(interval: OpenInterval, viewer: UsageViewer) -> HeldGpus:
    allocation = interval.allocation
    if viewer.may_see(allocation.project, allocation.owner):
        return HeldGpus(
            count=allocation.gpus, interval=interval, project=allocation.project
        )
    is_known = allocation.project in viewer.projects
    return HeldGpus(
        count=allocation.gpus, project=allocation.project if is_known else ""
    )


def _resources(interval: OpenInterval) -> PodResources:
    allocation = interval.allocation
    return PodResources(
        cpu_millicores=allocation.cpu_millicores,
        memory_bytes=allocation.memory_bytes,
        gpus=allocation.gpus,
    )


def _order(interval: OpenInterval) -> tuple[str, str, str, str]:
    each = interval.allocation
    return each.project, each.owner, each.workload, each.replica
