"""On which nodes a role runs. Pure: one rule table.

GPU nodes are for those who ask for GPUs (E8). A role without GPUs keeps off them
while its pool has other nodes; where there are only GPU nodes it takes CPU on
them. A project's pool is never left (J5), and its nodes may keep others off by a
taint of the pool's name. GPU replicas of a job are packed (J6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mofang_jobs.domain.models import Manifest
from mofang_jobs.domain.nodes import GPU_MACHINE, Node
from mofang_kube.names import (
    GPU_RESOURCE,
    JOB_LABEL,
    MACHINE_LABEL,
    POOL_LABEL,
    ROLE_LABEL,
)

PACKING_WEIGHT = 100
HOSTNAME_LABEL = "kubernetes.io/hostname"
NODE_NAME = "metadata.name"
"""The one field of a node that its choice may ask for."""


_GPU_TOLERATION = {
    "key": GPU_RESOURCE,
    "operator": "Exists",
    "effect": "NoSchedule",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What a pod's template gets so that the scheduler keeps the rules."""

    affinity: Manifest
    tolerations: list[Manifest]
    requirements: list[Manifest]
    """What the affinity requires of a node's labels."""

    def accepts(self, labels: Mapping[str, str], taints: Iterable[Manifest]) -> bool:
        """Say whether a node with these labels and taints may hold the pod."""
        return all(_is_met(each, labels) for each in self.requirements) and all(
            any(_tolerates(each, taint) for each in self.tolerations)
            for taint in taints
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """What is asked of the nodes of a role."""

    job: str
    """Id of the job, for packing."""

    role: str
    requests_gpu: bool
    pool: str = ""
    """The project's pool; empty for none."""

    excluded_nodes: tuple[str, ...] = ()
    """Names of nodes to keep off."""


def build_placement(request: PlacementRequest, nodes: Iterable[Node]) -> Placement:
    """Settle where the replicas of a role may run.

    Args:
        request: What is asked.
        nodes: All nodes of the cluster; none if they are not known.
    """
    pool, requests_gpu = request.pool, request.requests_gpu
    pool_nodes = [each for each in nodes if not pool or each.pool == pool]
    requirements: list[Manifest] = []
    if pool:
        requirements.append(_requirement(POOL_LABEL, "In", pool))
    takes_gpu_node = requests_gpu or _only_gpu_nodes(pool_nodes)
    if not takes_gpu_node:
        requirements.append(_requirement(MACHINE_LABEL, "NotIn", GPU_MACHINE))
    elif requests_gpu and any(each.is_labelled and each.has_gpu for each in pool_nodes):
        requirements.append(_requirement(MACHINE_LABEL, "In", GPU_MACHINE))
    tolerations = [dict(_GPU_TOLERATION)] if takes_gpu_node else []
    if pool:
        tolerations.append(
            {"key": POOL_LABEL, "operator": "Equal", "value": pool}
            | {"effect": "NoSchedule"}
        )
    return Placement(
        affinity=_affinity(
            requirements,
            request.excluded_nodes,
            packing=_packing(request) if requests_gpu else None,
        ),
        tolerations=tolerations,
        requirements=requirements,
    )


def _is_met(requirement: Manifest, labels: Mapping[str, str]) -> bool:
    is_in = labels.get(requirement["key"]) in requirement["values"]
    return is_in is (requirement["operator"] == "In")


def _tolerates(toleration: Manifest, taint: Manifest) -> bool:
    has_both = all(toleration[name] == taint[name] for name in ("key", "effect"))
    any_value = toleration["operator"] == "Exists"
    return has_both and (any_value or toleration["value"] == taint["value"])


def _only_gpu_nodes(nodes: list[Node]) -> bool:
    return bool(nodes) and all(each.has_gpu for each in nodes)


def _requirement(label: str, operator: str, *values: str) -> Manifest:
    return {"key": label, "operator": operator, "values": list(values)}


def _packing(request: PlacementRequest) -> Manifest:
    return {
        "weight": PACKING_WEIGHT,
        "podAffinityTerm": {
            "labelSelector": {
                "matchLabels": {JOB_LABEL: request.job, ROLE_LABEL: request.role}
            },
            "topologyKey": HOSTNAME_LABEL,
        },
    }


def _affinity(
    requirements: list[Manifest], excluded: tuple[str, ...], *, packing: Manifest | None
) -> Manifest:
    affinity: dict[str, Any] = {}
    term: Manifest = {}
    if requirements:
        term["matchExpressions"] = requirements
    if excluded:
        # By the node's name, as pods tell it. Kubernetes takes one name for each.
        term["matchFields"] = [
            _requirement(NODE_NAME, "NotIn", each) for each in excluded
        ]
    if term:
        affinity["nodeAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [term]
            }
        }
    if packing:
        affinity["podAffinity"] = {
            "preferredDuringSchedulingIgnoredDuringExecution": [packing]
        }
    return affinity
