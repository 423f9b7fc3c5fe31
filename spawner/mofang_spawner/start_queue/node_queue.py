"""Servers that wait for nodes: the scheduler's own queue, as people read it. Pure.

Their pods are there, so that the scheduler binds them in the order they came, and an
autoscaler adds nodes for them.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mofang_kube.free_capacity import FreeCapacity
from mofang_kube.names import GPU_RESOURCE
from mofang_kube.placement import PlacementRequest, build_placement
from mofang_kube.pod_resources import PodResources
from mofang_spawner.environments.quota import NAMES
from mofang_spawner.pod_phase import lacking_resources
from mofang_spawner.start_queue.decisions import show

Manifest = dict[str, Any]


def has_suitable_node(
    free: FreeCapacity | None,
    amounts: Mapping[str, Decimal],
    pool: str,
    *,
    when_empty: bool = False,
) -> bool:
    """Say whether a server would find a node.

    Args:
        free: What the cluster has free; None as long as nobody knows.
        amounts: What the server asks for.
        pool: Of its project; empty for none.
        when_empty: Whether it is asked for nodes on which nothing else runs.
    """
    if free is None:
        return False
    request = PlacementRequest(requests_gpu=GPU_RESOURCE in amounts, pool=pool)
    placement = build_placement(request, free.kinds)
    return free.count_suitable_nodes(amounts, placement, when_empty=when_empty) > 0


def describe_position(
    pod: Manifest, pods: Iterable[Manifest], amounts: Mapping[str, Decimal]
) -> str:
    """Say which of the waiting servers a pod is, and what no node has free.

    Only servers count that want GPUs as well, or none as well.

    Args:
        pod: One that finds no node.
        pods: Of all servers.
        amounts: What its server asks for.
    """
    wants_gpu = _wants_gpu(pod)
    waiting = [
        each for each in pods if is_waiting(each) and _wants_gpu(each) is wants_gpu
    ]
    ahead = sum(_age_key(each) < _age_key(pod) for each in waiting)
    length = max(len(waiting), ahead + 1)
    return f"Waiting for a node, {ahead + 1} of {length}: {_shortage(pod, amounts)}."


def is_waiting(pod: Manifest) -> bool:
    """Say whether the scheduler has found no node for a pod."""
    return bool(_unscheduled(pod)) and "deletionTimestamp" not in pod["metadata"]


def _shortage(pod: Manifest, amounts: Mapping[str, Decimal]) -> str:
    lacking = [
        f"{show(name, amounts[name])} {NAMES[name]}"
        for name in lacking_resources(str(_unscheduled(pod).get("message", "")))
        if name in amounts
    ]
    return (
        f"no node has {' and '.join(lacking)} free" if lacking else "no node has room"
    )


def _unscheduled(pod: Manifest) -> Manifest:
    for each in (pod.get("status") or {}).get("conditions") or []:
        is_it = each["type"] == "PodScheduled" and each["status"] == "False"
        if is_it and each.get("reason") != "SchedulingGated":
            found: Manifest = each
            return found
    return {}


def _wants_gpu(pod: Manifest) -> bool:
    return PodResources.from_pod(pod).gpus > 0


def _age_key(pod: Manifest) -> tuple[str, str]:
    metadata = pod["metadata"]
    return str(metadata.get("creationTimestamp") or ""), str(metadata.get("uid") or "")
