"""On which machines a role runs. Pure: one rule table.

GPU machines are for those who ask for GPUs (E8). A role without GPUs keeps off them
while its pool has other machines; where there are only GPU machines it takes CPU on
them. A project's pool is never left (J5). GPU replicas of a job are packed (J6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from mofang_hub.jobs.models import Manifest
from mofang_kube.names import (
    GPU_RESOURCE,
    JOB_LABEL,
    MACHINE_LABEL,
    POOL_LABEL,
    ROLE_LABEL,
)

GPU_MACHINE = "gpu"
PACKING_WEIGHT = 100

_GPU_TOLERATION = {
    "key": GPU_RESOURCE,
    "operator": "Exists",
    "effect": "NoSchedule",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A node, as far as placement cares."""

    pool: str = ""
    is_labelled: bool = False
    """Whether it says which kind of machine it is."""

    has_gpu: bool = False

    @classmethod
    def from_node(cls, node: Manifest) -> Self:
        """Read a node as the API server gives it."""
        labels = node["metadata"].get("labels") or {}
        capacity = (node.get("status") or {}).get("capacity") or {}
        kind = labels.get(MACHINE_LABEL, "")
        return cls(
            pool=labels.get(POOL_LABEL, ""),
            is_labelled=bool(kind),
            has_gpu=kind == GPU_MACHINE or capacity.get(GPU_RESOURCE, "0") != "0",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What a pod's template gets so that the scheduler keeps the rules."""

    affinity: Manifest
    tolerations: list[Manifest]


def place(
    *, asks_gpu: bool, pool: str, machines: Iterable[Machine], job: str, role: str
) -> Placement:
    """Settle where the replicas of a role may run.

    Args:
        asks_gpu: Whether a replica asks for GPUs.
        pool: The project's pool; empty for none.
        machines: All nodes of the cluster; none if they are not known.
        job: Id of the job, for packing.
        role: Name of the role, for packing.
    """
    within = [each for each in machines if not pool or each.pool == pool]
    demands: list[Manifest] = []
    if pool:
        demands.append(_demand(POOL_LABEL, "In", pool))
    takes_gpu_machine = asks_gpu or _only_gpu_machines(within)
    if not takes_gpu_machine:
        demands.append(_demand(MACHINE_LABEL, "NotIn", GPU_MACHINE))
    elif asks_gpu and any(each.is_labelled and each.has_gpu for each in within):
        demands.append(_demand(MACHINE_LABEL, "In", GPU_MACHINE))
    return Placement(
        affinity=_affinity(demands, _packing(job, role) if asks_gpu else None),
        tolerations=[dict(_GPU_TOLERATION)] if takes_gpu_machine else [],
    )


def _only_gpu_machines(machines: list[Machine]) -> bool:
    return bool(machines) and all(each.has_gpu for each in machines)


def _demand(label: str, operator: str, value: str) -> Manifest:
    return {"key": label, "operator": operator, "values": [value]}


def _packing(job: str, role: str) -> Manifest:
    return {
        "weight": PACKING_WEIGHT,
        "podAffinityTerm": {
            "labelSelector": {"matchLabels": {JOB_LABEL: job, ROLE_LABEL: role}},
            "topologyKey": "kubernetes.io/hostname",
        },
    }


def _affinity(demands: list[Manifest], packing: Manifest | None) -> Manifest:
    affinity: dict[str, Any] = {}
    if demands:
        affinity["nodeAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": demands}]
            }
        }
    if packing:
        affinity["podAffinity"] = {
            "preferredDuringSchedulingIgnoredDuringExecution": [packing]
        }
    return affinity
