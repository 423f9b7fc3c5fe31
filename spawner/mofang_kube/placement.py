"""On which nodes a pod may run: one rule for servers and for replicas of jobs. Pure.

GPU nodes are for pods that request GPUs. A pod without GPUs *must* stay off them as
long as its pool has other nodes; where there are only GPU nodes, it may run there. A
project's pool is never left, and its nodes may repel other pods by a taint of the
pool's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from mofang_kube.names import GPU_PRODUCT, GPU_RESOURCE, NODE_TYPE_LABEL, POOL_LABEL
from mofang_kube.nodes import strip_state

Manifest = dict[str, Any]

GPU_NODE = "gpu"
"""Value of the machine label on nodes with GPUs."""
PACKING_WEIGHT = 100
HOSTNAME_LABEL = "kubernetes.io/hostname"
NODE_NAME = "metadata.name"
"""The only field of a node that node affinity can match."""

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_GPU_TOLERATION = {
    "key": GPU_RESOURCE,
    "operator": "Exists",
    "effect": "NoSchedule",
}


class Node(Protocol):
    """What placement reads of a node."""

    @property
    def pool(self) -> str:
        """Name of its pool, or empty."""

    @property
    def is_labelled(self) -> bool:
        """Whether it has the machine label."""

    @property
    def has_gpu(self) -> bool:
        """Whether its label or its capacity says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClass:
    """A node, reduced to what placement reads."""

    pool: str = ""
    is_labelled: bool = False
    has_gpu: bool = False

    @classmethod
    def from_node(cls, node: Manifest) -> Self:
        """Read a node as the API server returns it."""
        labels = node["metadata"].get("labels") or {}
        capacity = (node.get("status") or {}).get("capacity") or {}
        kind = labels.get(NODE_TYPE_LABEL, "")
        return cls(
            pool=labels.get(POOL_LABEL, ""),
            is_labelled=bool(kind),
            has_gpu=kind == GPU_NODE or capacity.get(GPU_RESOURCE, "0") != "0",
        )


def strip_node(node: Manifest) -> Manifest:
    """Reduce a node to what placement, ``is_lost``, ``FreeCapacity`` and usage read."""
    state = strip_state(node)
    spec, status = node.get("spec") or {}, node.get("status") or {}
    labels = node["metadata"].get("labels") or {}
    capacity = status.get("capacity") or {}
    allocatable = status.get("allocatable") or capacity
    return {
        "metadata": {
            "name": node["metadata"]["name"],
            "labels": {
                name: labels[name]
                for name in (POOL_LABEL, NODE_TYPE_LABEL, GPU_PRODUCT)
                if name in labels
            },
        },
        "spec": {
            "unschedulable": bool(spec.get("unschedulable")),
            "taints": [
                {name: each.get(name, "") for name in ("key", "value", "effect")}
                for each in spec.get("taints") or []
            ],
        },
        "status": {
            "capacity": {GPU_RESOURCE: capacity.get(GPU_RESOURCE, "0")},
            "allocatable": {
                name: allocatable.get(name, "0")
                for name in ("cpu", "memory", GPU_RESOURCE)
            },
            **state["status"],
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """What a pod needs of its node."""

    requests_gpu: bool
    pool: str = ""
    """The project's pool; empty for none."""

    excluded_nodes: tuple[str, ...] = ()
    """Names of nodes to stay off."""

    pack_with: Mapping[str, str] = field(default_factory=dict)
    """Labels of the pods to prefer the same node with; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What a pod's specification gets so that the scheduler follows the rule."""

    affinity: Manifest
    tolerations: list[Manifest]
    requirements: list[Manifest]
    """NodeSelectorRequirements that the affinity has for the node's labels."""

    def accepts(self, labels: Mapping[str, str], taints: Iterable[Manifest]) -> bool:
        """Whether a node with these labels and taints may run the pod."""
        return all(_is_met(each, labels) for each in self.requirements) and all(
            any(_tolerates(each, taint) for each in self.tolerations)
            for taint in taints
        )


def build_placement(request: PlacementRequest, nodes: Iterable[Node]) -> Placement:
    """Decide on which nodes a pod may run.

    Args:
        request: What the pod needs.
        nodes: All nodes of the cluster; empty if they are not known.
    """
    pool, requests_gpu = request.pool, request.requests_gpu
    eligible = [each for each in nodes if not pool or each.pool == pool]
    requirements: list[Manifest] = []
    if pool:
        requirements.append(_requirement(POOL_LABEL, "In", pool))
    takes_gpu_node = requests_gpu or _are_all_gpu_nodes(eligible)
    if not takes_gpu_node:
        requirements.append(_requirement(NODE_TYPE_LABEL, "NotIn", GPU_NODE))
    elif requests_gpu and any(each.is_labelled and each.has_gpu for each in eligible):
        requirements.append(_requirement(NODE_TYPE_LABEL, "In", GPU_NODE))
    tolerations = [dict(_GPU_TOLERATION)] if takes_gpu_node else []
    if pool:
        tolerations.append(
            {"key": POOL_LABEL, "operator": "Equal", "value": pool}
            | {"effect": "NoSchedule"}
        )
    return Placement(
        affinity=_affinity(request, requirements),
        tolerations=tolerations,
        requirements=requirements,
    )


def merge_affinity(given: Manifest, ours: Manifest) -> Manifest:
    """Combine two affinities, so that what either requires is required.

    Args:
        given: An administrator's; comes first.
        ours: Of a placement. Its node affinity has at most one term.
    """
    merged: Manifest = {}
    for kind in ("nodeAffinity", "podAffinity", "podAntiAffinity"):
        theirs, own = given.get(kind) or {}, ours.get(kind) or {}
        if both := _merge_kind(theirs, own):
            merged[kind] = both
    return merged


def _merge_kind(given: Manifest, ours: Manifest) -> Manifest:
    merged: Manifest = {}
    if preferred := [*(given.get(_PREFERRED) or []), *(ours.get(_PREFERRED) or [])]:
        merged[_PREFERRED] = preferred
    required, own = given.get(_REQUIRED), ours.get(_REQUIRED)
    if isinstance(required, dict) and isinstance(own, dict):
        # Terms of a node are alternatives: each of them needs our requirements, too.
        (ours_term,) = own["nodeSelectorTerms"]
        terms = required.get("nodeSelectorTerms") or [{}]
        merged[_REQUIRED] = {
            "nodeSelectorTerms": [_merge_term(term, ours_term) for term in terms]
        }
    elif isinstance(required, list) and isinstance(own, list):
        merged[_REQUIRED] = [*required, *own]
    elif required or own:
        merged[_REQUIRED] = required or own
    return merged


def _merge_term(given: Manifest, ours: Manifest) -> Manifest:
    return {
        name: both
        for name in ("matchExpressions", "matchFields")
        if (both := [*(given.get(name) or []), *(ours.get(name) or [])])
    }


def merge_tolerations(given: list[Manifest], ours: list[Manifest]) -> list[Manifest]:
    """An administrator's tolerations, then those of a placement not among them."""
    return [*given, *(each for each in ours if each not in given)]


def _is_met(requirement: Manifest, labels: Mapping[str, str]) -> bool:
    is_in = labels.get(requirement["key"]) in requirement["values"]
    return is_in is (requirement["operator"] == "In")


def _tolerates(toleration: Manifest, taint: Manifest) -> bool:
    has_both = all(toleration[name] == taint[name] for name in ("key", "effect"))
    any_value = toleration["operator"] == "Exists"
    return has_both and (any_value or toleration["value"] == taint["value"])


def _are_all_gpu_nodes(nodes: list[Node]) -> bool:
    return bool(nodes) and all(each.has_gpu for each in nodes)


def _requirement(key: str, operator: str, *values: str) -> Manifest:
    """A NodeSelectorRequirement."""
    return {"key": key, "operator": operator, "values": list(values)}


def _affinity(request: PlacementRequest, requirements: list[Manifest]) -> Manifest:
    affinity: Manifest = {}
    term: Manifest = {}
    if requirements:
        term["matchExpressions"] = requirements
    if request.excluded_nodes:
        # By the node's name, as pods report it. Kubernetes takes one value each.
        term["matchFields"] = [
            _requirement(NODE_NAME, "NotIn", each) for each in request.excluded_nodes
        ]
    if term:
        affinity["nodeAffinity"] = {
            _REQUIRED: {"nodeSelectorTerms": [term]},
        }
    if request.pack_with and request.requests_gpu:
        packing = {
            "weight": PACKING_WEIGHT,
            "podAffinityTerm": {
                "labelSelector": {"matchLabels": dict(request.pack_with)},
                "topologyKey": HOSTNAME_LABEL,
            },
        }
        affinity["podAffinity"] = {_PREFERRED: [packing]}
    return affinity
