"""Which nodes have room for a job if nothing else runs on them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from mofang_api.models import JobSpec, RestartRecord, Role
from mofang_api.quantities import parse_quantity, read_quantity
from mofang_jobs.domain.models import Manifest
from mofang_jobs.domain.nodes import NODE_TAINTS, Node
from mofang_jobs.domain.resource_requests import NO_DISKS, Disks
from mofang_kube.ephemeral_storage import RESOURCE
from mofang_kube.names import GPU_RESOURCE, NODE_TYPE_LABEL, POOL_LABEL
from mofang_kube.placement import PlacementRequest, build_placement

_RESOURCES = ("cpu", "memory", GPU_RESOURCE, RESOURCE)
_KEEP_OFF = {"NoSchedule", "NoExecute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCapacity:
    """What one node, or several of equal capacity, offer when nothing runs on them."""

    node: Node
    allocatable: Mapping[str, Decimal]
    """What pods may request of it, by resource name: cores, bytes, devices."""

    capacity: Mapping[str, Decimal]
    """Likewise, including what is reserved for the system."""

    labels: Mapping[str, str]
    taints: Sequence[Manifest] = ()
    """NoSchedule and NoExecute taints that Kubernetes does not set itself."""

    count: int = 1
    """Number of nodes with equal capacity."""

    @classmethod
    def from_node(cls, node: Manifest) -> Self:
        """Read a node as ``strip_node`` keeps it."""
        status = node.get("status") or {}
        capacity = status.get("capacity") or {}
        labels = node["metadata"].get("labels") or {}
        return cls(
            node=Node.from_node(node),
            allocatable=_amounts(status.get("allocatable") or capacity),
            capacity=_amounts(capacity),
            labels={
                name: labels[name]
                for name in (POOL_LABEL, NODE_TYPE_LABEL)
                if name in labels
            },
            taints=_lasting_taints(node),
        )

    def schedulable_replicas(self, role: Role, disks: Disks = NO_DISKS) -> int:
        """Return how many replicas of a role there is room for."""
        return self.count * min(
            int(self.allocatable[name] // amount)
            for name, amount in role_requests(role, disks).items()
        )


def _amounts(quantities: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: read_quantity(str(quantities.get(name, "0"))) for name in _RESOURCES}


def _lasting_taints(node: Manifest) -> list[Manifest]:
    taints = (node.get("spec") or {}).get("taints") or []
    return [
        each
        for each in taints
        if each["effect"] in _KEEP_OFF and not each["key"].startswith(NODE_TAINTS)
    ]


def group_equal_nodes(nodes: Iterable[Manifest]) -> list[NodeCapacity]:
    """Group nodes of equal capacity, labels and taints; there are few such groups.

    Args:
        nodes: As ``strip_node`` keeps them.
    """
    kinds: dict[object, Manifest] = {}
    counts: Counter[object] = Counter()
    for node in nodes:
        key = _kind(node)
        kinds.setdefault(key, node)
        counts[key] += 1
    return [
        replace(NodeCapacity.from_node(node), count=counts[key])
        for key, node in kinds.items()
    ]


def _kind(node: Manifest) -> object:
    labels = node["metadata"].get("labels") or {}
    status = node.get("status") or {}
    capacity = status.get("capacity") or {}
    allocatable = status.get("allocatable") or capacity
    return (
        labels.get(POOL_LABEL),
        labels.get(NODE_TYPE_LABEL),
        *(
            amounts.get(name)
            for amounts in (allocatable, capacity)
            for name in _RESOURCES
        ),
        *(tuple(each.values()) for each in _lasting_taints(node)),
    )


def role_requests(role: Role, disks: Disks = NO_DISKS) -> dict[str, Decimal]:
    """Return the resource requests of a replica, without those that are 0."""
    disk = disks.get(role.name)
    asked = {
        "cpu": parse_quantity(role.resources.cpu),
        "memory": parse_quantity(role.resources.memory),
        GPU_RESOURCE: Decimal(role.resources.gpu),
        RESOURCE: Decimal(disk.request if disk else 0),
    }
    return {name: amount for name, amount in asked.items() if amount}


def fits(
    spec: JobSpec, pool: str, nodes: Sequence[NodeCapacity], disks: Disks = NO_DISKS
) -> bool:
    """Say whether the nodes of a pool, all empty, had room for each role.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        nodes: All of the cluster. While none is known, everything fits.
        disks: What a replica of each role gets of its node's disk.
    """
    if not nodes:
        return True
    found = nodes_in_pool(pool, nodes)
    return all(
        sum(
            each.schedulable_replicas(role, disks)
            for each in eligible_nodes(role, pool, found)
        )
        >= role.replicas
        for role in spec.resolved_roles()
    )


def nodes_in_pool(pool: str, nodes: Iterable[NodeCapacity]) -> list[NodeCapacity]:
    """Return the nodes of a pool; all of them for none."""
    return [each for each in nodes if not pool or each.node.pool == pool]


def eligible_nodes(
    role: Role, pool: str, nodes: Sequence[NodeCapacity]
) -> list[NodeCapacity]:
    """Return the nodes whose labels and taints allow the pods of a role.

    Args:
        role: Whose requests and GPUs count.
        pool: Pool of the project; empty for none.
        nodes: All nodes of the cluster.
    """
    request = PlacementRequest(requests_gpu=role.resources.gpu > 0, pool=pool)
    placement = build_placement(request, [each.node for each in nodes])
    return [each for each in nodes if placement.accepts(each.labels, each.taints)]


def excluded_nodes(
    spec: JobSpec,
    pool: str,
    restarts: Sequence[RestartRecord],
    nodes: Sequence[NodeCapacity],
    disks: Disks = NO_DISKS,
) -> tuple[str, ...]:
    """Return the nodes on which earlier attempts failed by no fault of the script.

    None is excluded where those that are left could not run the job: a node that failed
    once is better than an attempt that is never scheduled.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        restarts: One for each earlier attempt.
        nodes: All of the cluster.
        disks: What a replica of each role gets of its node's disk.

    Returns:
        Their names, sorted.
    """
    failed = {each.node for each in restarts if each.node_excluded and each.node}
    found = nodes_in_pool(pool, nodes)
    for role in spec.resolved_roles():
        left = [
            each
            for each in eligible_nodes(role, pool, found)
            if each.node.name not in failed and each.node.is_schedulable
        ]
        room = sum(each.schedulable_replicas(role, disks) for each in left)
        if room < role.replicas:
            return ()
    return tuple(sorted(failed))
