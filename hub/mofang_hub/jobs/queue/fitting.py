"""Whether a job would find machines if nothing else ran. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from mofang.models import JobSpec, Role
from mofang.quantities import parse_quantity, read_quantity
from mofang_hub.jobs.machines import Machine
from mofang_hub.jobs.models import Manifest
from mofang_kube.names import GPU_RESOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A machine as if nothing ran on it."""

    machine: Machine
    room: Mapping[str, Decimal]
    """Amount by the node's name of the resource: cores, bytes, pieces."""

    @classmethod
    def from_node(cls, node: Manifest) -> Self:
        """Read a node as ``trim_node`` keeps it."""
        capacity = (node.get("status") or {}).get("capacity") or {}
        kept = ("cpu", "memory", GPU_RESOURCE)
        room = {name: read_quantity(str(capacity.get(name, "0"))) for name in kept}
        return cls(machine=Machine.from_node(node), room=room)

    def count(self, role: Role) -> int:
        """Return how many replicas of a role it has room for."""
        return min(
            int(self.room[name] // amount) for name, amount in amounts_of(role).items()
        )


def amounts_of(role: Role) -> dict[str, Decimal]:
    """Return what a replica of a role asks of its machine, without what it does not."""
    asked = {
        "cpu": parse_quantity(role.resources.cpu),
        "memory": parse_quantity(role.resources.memory),
        GPU_RESOURCE: Decimal(role.resources.gpu),
    }
    return {name: amount for name, amount in asked.items() if amount}


def fits(spec: JobSpec, pool: str, machines: Sequence[Empty]) -> bool:
    """Say whether the machines of a pool, all empty, had room for each role.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        machines: All of the cluster. While none is known, everything fits.
    """
    if not machines:
        return True
    found = within(pool, machines)
    return all(
        sum(each.count(role) for each in open_to(role, found)) >= role.replicas
        for role in spec.settled_roles()
    )


def within(pool: str, machines: Iterable[Empty]) -> list[Empty]:
    """Return the machines of a pool; all of them for none."""
    return [each for each in machines if not pool or each.machine.pool == pool]


def open_to(role: Role, machines: Sequence[Empty]) -> Iterable[Empty]:
    """Leave out GPU machines where ``placement`` keeps a role off them."""
    if role.resources.gpu or all(each.machine.has_gpu for each in machines):
        return machines
    return [
        each
        for each in machines
        if not (each.machine.has_gpu and each.machine.is_labelled)
    ]
