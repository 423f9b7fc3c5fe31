"""How much of the nodes is free, and how much each namespace holds. Pure.

As the scheduler counts: what pods request, not what they use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mofang_kube.names import GPU_RESOURCE, STARTED_AHEAD_LABEL, UNUSED
from mofang_kube.nodes import is_lost
from mofang_kube.placement import NodeClass, Placement
from mofang_kube.quantities import parse_quantity

Manifest = dict[str, Any]
Amounts = Mapping[str, Decimal]

COUNTED = ("cpu", "memory", GPU_RESOURCE)
UNFINISHED_PODS = "status.phase!=Succeeded,status.phase!=Failed"
"""Field selector of the pods that count."""

_KEEP_OFF = {"NoSchedule", "NoExecute"}
_NONE = Decimal(0)


def strip_requests(pod: Manifest) -> Manifest:
    """Reduce a pod to what ``FreeCapacity`` counts, for a cache."""
    metadata = pod["metadata"]
    kept = ("name", "namespace", "uid")
    return {
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "node": pod["spec"].get("nodeName") or "",
        "requests": _requests(pod["spec"]),
        "unused": is_unused(pod),
        "waits": _finds_no_node(pod),
    }


def is_unused(pod: Manifest) -> bool:
    """Whether the pod's server was started ahead, and nobody uses it yet."""
    labels = pod["metadata"].get("labels") or {}
    return bool(labels.get(STARTED_AHEAD_LABEL) == UNUSED)


def _finds_no_node(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(
        (each.get("type"), each.get("reason")) == ("PodScheduled", "Unschedulable")
        for each in conditions
    )


def _requests(spec: Manifest) -> dict[str, Decimal]:
    """Return what the scheduler reserves for a pod, without what is 0."""
    init = spec.get("initContainers") or []
    sidecars = [each for each in init if each.get("restartPolicy") == "Always"]
    found = {}
    for name in COUNTED:
        running = sum(
            (_amount(each, name) for each in (*spec["containers"], *sidecars)), _NONE
        )
        starting = max((_amount(each, name) for each in init), default=_NONE)
        overhead = _read((spec.get("overhead") or {}).get(name))
        if amount := max(running, starting) + overhead:
            found[name] = amount
    return found


def _amount(container: Manifest, name: str) -> Decimal:
    return _read(((container.get("resources") or {}).get("requests") or {}).get(name))


def _read(quantity: object) -> Decimal:
    try:
        return parse_quantity(str(quantity)) if quantity is not None else _NONE
    except ValueError:
        # Such as 1e9, which Kubernetes accepts and nobody writes for a server.
        return _NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodeCapacity:
    """What one node has left."""

    kind: NodeClass
    labels: Mapping[str, str]
    taints: tuple[Manifest, ...]
    is_open: bool
    """Whether new pods may be bound to it."""

    allocatable: Amounts
    free: Amounts

    def has(self, amounts: Amounts, *, when_empty: bool) -> bool:
        """Whether that much is free, or would be if nothing ran."""
        free = self.allocatable if when_empty else self.free
        return all(free[name] >= amount for name, amount in amounts.items())


class FreeCapacity:
    """What is free at one moment.

    Args:
        nodes: As ``placement.strip_node`` keeps them.
        pods: Those that have not ended, as ``strip_requests`` keeps them.
    """

    def __init__(self, nodes: Iterable[Manifest], pods: Iterable[Manifest]) -> None:
        by_node: dict[str, dict[str, Decimal]] = {}
        self._held: dict[str, dict[str, Decimal]] = {}
        self._uids: set[str] = set()
        for pod in pods:
            self._uids.add(pod["metadata"].get("uid", ""))
            requests = pod["requests"]
            _add(self._held.setdefault(pod["metadata"]["namespace"], {}), requests)
            if node := pod["node"]:
                _add(by_node.setdefault(node, {}), requests)
        self._by_name = {
            (name := node["metadata"]["name"]): _read_node(node, by_node.get(name, {}))
            for node in nodes
        }
        self._nodes = list(self._by_name.values())
        self._suitable: dict[object, int] = {}

    @property
    def kinds(self) -> list[NodeClass]:
        """All nodes, as placement reads them."""
        return [each.kind for each in self._nodes]

    def counts(self, uid: str) -> bool:
        """Say whether a pod is among those that hold something.

        Args:
            uid: Of the pod.
        """
        return uid in self._uids

    def held(self, namespace: str) -> Amounts:
        """Return what the pods of a namespace ask for together."""
        return self._held.get(namespace, {})

    def gpus(self, pool: str) -> tuple[int, int]:
        """Return how many GPUs are free, and how many there are.

        Args:
            pool: Only of its nodes; empty for all.
        """
        nodes = [
            each
            for each in self._nodes
            if each.allocatable[GPU_RESOURCE] and (not pool or each.kind.pool == pool)
        ]
        free = sum(
            (max(each.free[GPU_RESOURCE], _NONE) for each in nodes if each.is_open),
            _NONE,
        )
        total = sum((each.allocatable[GPU_RESOURCE] for each in nodes), _NONE)
        return int(free), int(total)

    def has_node_for(self, amounts: Amounts) -> bool:
        """Whether any node has that much, wherever a pod may run.

        Args:
            amounts: What the pod requests.
        """
        wanted = {name: amounts.get(name, _NONE) for name in COUNTED}
        return any(
            each.is_open and each.has(wanted, when_empty=False) for each in self._nodes
        )

    def free_on(self, node: str) -> Amounts | None:
        """Return what one node has left; None for a node that is not known.

        Args:
            node: Its name.
        """
        found = self._by_name.get(node)
        return found.free if found else None

    def count_suitable_nodes(
        self, amounts: Amounts, placement: Placement, *, when_empty: bool = False
    ) -> int:
        """Return on how many nodes a pod has room.

        Args:
            amounts: What it requests.
            placement: Where it may run.
            when_empty: Whether it is asked for nodes on which nothing else runs.
        """
        key = repr((sorted(amounts.items()), placement, when_empty))
        if key not in self._suitable:
            self._suitable[key] = sum(
                each.is_open
                and each.has(amounts, when_empty=when_empty)
                and placement.accepts(each.labels, each.taints)
                for each in self._nodes
            )
        return self._suitable[key]


def _add(total: dict[str, Decimal], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        total[name] = total.get(name, _NONE) + amount


def _read_node(node: Manifest, held: Amounts) -> _NodeCapacity:
    spec, status = node["spec"], node["status"]
    allocatable = {name: _read(status["allocatable"].get(name)) for name in COUNTED}
    return _NodeCapacity(
        kind=NodeClass.from_node(node),
        labels=node["metadata"]["labels"],
        taints=tuple(
            each for each in spec.get("taints") or () if each["effect"] in _KEEP_OFF
        ),
        is_open=not (is_lost(node) or spec.get("unschedulable")),
        allocatable=allocatable,
        free={name: allocatable[name] - held.get(name, _NONE) for name in COUNTED},
    )
