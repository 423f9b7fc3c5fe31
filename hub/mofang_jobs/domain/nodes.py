"""The nodes of the cluster, as far as placement and restarts care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from mofang_jobs.domain.models import Manifest
from mofang_kube.nodes import is_lost
from mofang_kube.placement import NodeClass

NODE_TAINTS = "node.kubernetes.io/"
"""How the keys of taints begin that Kubernetes sets itself, and takes away again."""

LOST = "lost"
"""Name of the group of nodes that the cluster hears nothing of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(NodeClass):
    """A node, as far as placement cares."""

    name: str = ""
    """As pods say on which node they are; its label of the host name may be another."""

    is_lost: bool = False
    """Whether the cluster hears nothing of it."""

    is_cordoned: bool = False

    @property
    def is_schedulable(self) -> bool:
        """Whether new pods may be bound to it."""
        return not (self.is_lost or self.is_cordoned)

    @classmethod
    @override
    def from_node(cls, node: Manifest) -> Self:
        """Read a node as the API server gives it."""
        kind = NodeClass.from_node(node)
        return cls(
            name=node["metadata"].get("name", ""),
            pool=kind.pool,
            is_labelled=kind.is_labelled,
            has_gpu=kind.has_gpu,
            is_lost=is_lost(node),
            is_cordoned=bool((node.get("spec") or {}).get("unschedulable")),
        )


def node_index_keys(node: Manifest) -> tuple[str, ...]:
    """Return the groups that a node is found by; those that are lost have one."""
    return (LOST,) if is_lost(node) else ()


def strip_node(node: Manifest) -> Manifest:
    """Cut a node to what is kept of it."""
    metadata, status = node["metadata"], node.get("status") or {}
    spec = node.get("spec") or {}
    return {
        "metadata": {
            "name": metadata["name"],
            "labels": metadata.get("labels") or {},
        },
        "spec": {
            "unschedulable": spec.get("unschedulable", False),
            "taints": [
                {name: each.get(name, "") for name in ("key", "value", "effect")}
                for each in spec.get("taints") or []
            ],
        },
        "status": {
            "capacity": status.get("capacity") or {},
            "allocatable": status.get("allocatable") or {},
            "conditions": [
                {key: each.get(key) for key in ("type", "status", "lastTransitionTime")}
                for each in status.get("conditions") or []
                if each.get("type") == "Ready"
            ],
        },
    }
