"""Warn when the cluster could not schedule a job even if it were empty. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mofang_api.models import JobSpec, Role
from mofang_api.quantities import format_bytes
from mofang_jobs.domain.capacity import (
    NodeCapacity,
    eligible_nodes,
    nodes_in_pool,
    role_requests,
)
from mofang_jobs.domain.resource_requests import NO_DISKS, Disks
from mofang_kube.ephemeral_storage import RESOURCE
from mofang_kube.names import GPU_RESOURCE

_PREVIEW = (
    "The job would wait until nodes are added: ask for less, or ask an administrator."
)
_WAITS = (
    "The job is admitted as soon as the nodes suffice. Ask an administrator, or cancel "
    "it and ask for less."
)


def capacity_warnings(
    spec: JobSpec, pool: str, nodes: Sequence[NodeCapacity], disks: Disks = NO_DISKS
) -> list[str]:
    """Return a sentence for each role that the nodes have no room for.

    These are no refusals: nodes may be added while the job waits.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        nodes: All of the cluster. Nothing is said while none is known.
        disks: What a replica of each role gets of its node's disk.
    """
    return [f"{each} {_PREVIEW}" for each in _lacks(spec, pool, nodes, disks)]


def unschedulable(
    spec: JobSpec, pool: str, nodes: Sequence[NodeCapacity], disks: Disks = NO_DISKS
) -> str | None:
    """Return why a waiting job is not admitted, as no node could take its pods.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        nodes: All of the cluster. While none is known, everything fits.
        disks: What a replica of each role gets of its node's disk.
    """
    lacks = _lacks(spec, pool, nodes, disks)
    return f"{lacks[0]} {_WAITS}" if lacks else None


def _lacks(
    spec: JobSpec, pool: str, nodes: Sequence[NodeCapacity], disks: Disks
) -> list[str]:
    if not nodes:
        return []
    found = nodes_in_pool(pool, nodes)
    if not found:
        return [f"No node belongs to the project's pool {pool}."]
    messages = (_lack(role, pool, found, disks) for role in spec.resolved_roles())
    return [each for each in messages if each]


def _lack(
    role: Role, pool: str, found: Sequence[NodeCapacity], disks: Disks
) -> str | None:
    whose = f"the pool {pool}" if pool else "the cluster"
    nodes = eligible_nodes(role, pool, found)
    allocatable = sum(each.schedulable_replicas(role, disks) for each in nodes)
    if allocatable >= role.replicas:
        return None
    if not nodes:
        return (
            f"No node of {whose} may run a {role.name} replica: their taints or labels "
            "keep it off."
        )
    for name, amount in role_requests(role, disks).items():
        largest = max(nodes, key=lambda each: each.allocatable[name])
        if amount > largest.allocatable[name]:
            has = f"the largest node it may use in {whose} has {_size(name, largest)}"
            if not largest.allocatable[name]:
                has = f"no node it may use in {whose} has any"
            return f"A {role.name} replica needs {_shown(name, amount)}; {has}."
    count = f"{allocatable} of the {role.replicas}" if allocatable else "none of the"
    return (
        f"The nodes of {whose} have room for {count} {role.name} replicas, even when "
        "nothing else runs."
    )


def _size(name: str, node: NodeCapacity) -> str:
    capacity, allocatable = node.capacity[name], node.allocatable[name]
    if allocatable == capacity:
        return _number(name, allocatable)
    return f"{_number(name, capacity)} ({_number(name, allocatable)} allocatable)"


def _shown(name: str, amount: Decimal) -> str:
    if name == "memory":
        return f"{_number(name, amount)} of memory"
    if name == RESOURCE:
        return f"{_number(name, amount)} of local disk, /cache included"
    unit = "GPU" if name == GPU_RESOURCE else "core"
    return f"{_number(name, amount)} {unit}{'' if amount == 1 else 's'}"


def _number(name: str, amount: Decimal) -> str:
    is_bytes = name in {"memory", RESOURCE}
    return format_bytes(int(amount)) if is_bytes else f"{amount.normalize():f}"
