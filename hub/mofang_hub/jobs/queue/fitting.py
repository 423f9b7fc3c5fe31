"""Whether a job would find room on the nodes if nothing else ran. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from mofang.models import JobSpec, Role
from mofang.quantities import parse_quantity, read_quantity
from mofang_hub.jobs.machines import NODE_TAINTS, Machine
from mofang_hub.jobs.models import Manifest
from mofang_kube.names import GPU_RESOURCE, MACHINE_LABEL, POOL_LABEL
from mofang_kube.placement import PlacementRequest, build_placement

_RESOURCES = ("cpu", "memory", GPU_RESOURCE)
_KEEP_OFF = {"NoSchedule", "NoExecute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A node as if nothing ran on it."""

    machine: Machine
    room: Mapping[str, Decimal]
    """What pods may have of it, by the resource's name: cores, bytes, pieces."""

    capacity: Mapping[str, Decimal]
    """The same with what the node keeps for itself."""

    labels: Mapping[str, str]
    taints: Sequence[Manifest] = ()
    """Those that keep pods off for good."""

    nodes: int = 1
    """How many there are of its like."""

    @classmethod
    def from_node(cls, node: Manifest) -> Self:
        """Read a node as ``trim_node`` keeps it."""
        status = node.get("status") or {}
        capacity = status.get("capacity") or {}
        labels = node["metadata"].get("labels") or {}
        return cls(
            machine=Machine.from_node(node),
            room=_amounts(status.get("allocatable") or capacity),
            capacity=_amounts(capacity),
            labels={
                name: labels[name]
                for name in (POOL_LABEL, MACHINE_LABEL)
                if name in labels
            },
            taints=_lasting_taints(node),
        )

    def count(self, role: Role) -> int:
        """Return how many replicas of a role there is room for."""
        return self.nodes * min(
            int(self.room[name] // amount) for name, amount in amounts_of(role).items()
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


def alike(nodes: Iterable[Manifest]) -> list[Empty]:
    """Return one of each kind of node, which are few even where nodes are many.

    Args:
        nodes: As ``trim_node`` keeps them.
    """
    kinds: dict[object, Manifest] = {}
    counts: Counter[object] = Counter()
    for node in nodes:
        key = _kind(node)
        kinds.setdefault(key, node)
        counts[key] += 1
    return [
        replace(Empty.from_node(node), nodes=counts[key]) for key, node in kinds.items()
    ]


def _kind(node: Manifest) -> object:
    labels = node["metadata"].get("labels") or {}
    status = node.get("status") or {}
    capacity = status.get("capacity") or {}
    room = status.get("allocatable") or capacity
    return (
        labels.get(POOL_LABEL),
        labels.get(MACHINE_LABEL),
        *(amounts.get(name) for amounts in (room, capacity) for name in _RESOURCES),
        *(tuple(each.values()) for each in _lasting_taints(node)),
    )


def amounts_of(role: Role) -> dict[str, Decimal]:
    """Return what a replica of a role asks of its node, without what it does not."""
    asked = {
        "cpu": parse_quantity(role.resources.cpu),
        "memory": parse_quantity(role.resources.memory),
        GPU_RESOURCE: Decimal(role.resources.gpu),
    }
    return {name: amount for name, amount in asked.items() if amount}


def fits(spec: JobSpec, pool: str, nodes: Sequence[Empty]) -> bool:
    """Say whether the nodes of a pool, all empty, had room for each role.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        nodes: All of the cluster. While none is known, everything fits.
    """
    if not nodes:
        return True
    found = within(pool, nodes)
    return all(
        sum(each.count(role) for each in open_to(role, pool, found)) >= role.replicas
        for role in spec.settled_roles()
    )


def within(pool: str, nodes: Iterable[Empty]) -> list[Empty]:
    """Return the nodes of a pool; all of them for none."""
    return [each for each in nodes if not pool or each.machine.pool == pool]


def open_to(role: Role, pool: str, nodes: Sequence[Empty]) -> list[Empty]:
    """Leave out nodes off which ``placement`` or their taints keep a role."""
    request = PlacementRequest(needs_gpu=role.resources.gpu > 0, pool=pool)
    placement = build_placement(request, [each.machine for each in nodes])
    return [each for each in nodes if placement.accepts(each.labels, each.taints)]
