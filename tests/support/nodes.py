"""Fake machines: Node objects whose kubelet is kwok, for tests of many and big ones.

Nothing runs on them: the scheduler places pods there, kwok says that they run. They
are tainted, so that only pods meant for them come. kwok runs as long as the block.

A pod's annotation ``SECONDS`` says when it ends after it runs, and may be set late;
``EXIT_CODE`` says how (0 unless told).
"""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal

from support.eventually import eventually
from support.kwok import EXIT_CODE, RUN, SECONDS, kwok
from support.platform import Platform

__all__ = ["EXIT_CODE", "FAKE_TAINT", "POOL", "SECONDS", "fake_nodes"]

FAKE_TAINT = "mofang.dev/fake"
POOL = "mofang.dev/pool"
_GPU = "nvidia.com/gpu"
# kubectl takes one after the other, in the time that one call may take.
_TOGETHER = 200
_FEW, _PROCESSES = 25, 8

Manifest = dict[str, Any]


def _node(
    name: str, run: str, amounts: dict[str, str], *, pool: str, node_type: str
) -> Manifest:
    taint = {"key": POOL, "value": pool} if pool else {"key": FAKE_TAINT}
    taints = [{"value": "true", **taint, "effect": "NoSchedule"}]
    if _GPU in amounts:
        taints.append({"key": _GPU, "value": "present", "effect": "NoSchedule"})
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "mofang.dev/node-type": node_type,
        "type": "kwok",
        RUN: run,
        **({POOL: pool} if pool else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "spec": {"taints": taints},
        "status": {"capacity": amounts, "allocatable": amounts},
    }


@contextmanager
def fake_nodes(
    count: int,
    *,
    cpu: str = "32",
    memory: str = "256Gi",
    gpu: int = 0,
    pool: str = "",
    node_type: Literal["cpu", "gpu"] = "cpu",
    seconds: float | None = None,
    address: str = "",
    within: float = 60,
) -> Iterator[tuple[str, ...]]:
    """Have so many Ready machines; their names.

    Args:
        count: How many.
        cpu: Cores of each, as a quantity.
        memory: Of each, as a quantity.
        gpu: GPUs of each; machines with some refuse pods that want none.
        pool: Only jobs of projects with this pool come here; without one only
            pods that tolerate ``FAKE_TAINT``.
        node_type: Value of the label ``mofang.dev/node-type``.
        seconds: When pods end by themselves unless annotated; None for never.
        address: Of all their pods; see ``kwok``.
        within: Seconds until all of them must be Ready.

    Machines and their pods are gone after the block. Controllers make pods again:
    delete the jobs before it ends.
    """
    run = secrets.token_hex(3)
    names = tuple(f"fake-{run}-{number}" for number in range(count))
    amounts = {"cpu": cpu, "memory": memory, "ephemeral-storage": "500Gi"}
    amounts |= {"pods": "110", **({_GPU: str(gpu)} if gpu else {})}
    nodes = [
        _node(name, run, amounts, pool=pool, node_type=node_type) for name in names
    ]
    platform = Platform()
    with kwok(platform.kubeconfig, run, seconds, address) as is_alive:
        try:
            for some in _chunks(nodes, _TOGETHER):
                platform.kubectl("create", "-f", "-", stdin=_list(some))

            def ready() -> bool:
                is_alive()
                found = platform.get("nodes", "-l", f"{RUN}={run}")["items"]
                return sum(_takes_pods(each) for each in found) == count

            eventually(ready, within=within, what=f"{count} fake machines are Ready")
            yield names
        finally:
            _remove(platform, run, set(names))


def _takes_pods(node: Manifest) -> bool:
    conditions = node["status"].get("conditions", [])
    is_ready = any(
        each["type"] == "Ready" and each["status"] == "True" for each in conditions
    )
    # The cluster lifts its own taint of new machines a moment later.
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return is_ready and "node.kubernetes.io/not-ready" not in taints


def _remove(platform: Platform, run: str, names: set[str]) -> None:
    # One request for all: one each takes minutes where they are a thousand.
    platform.kubectl("delete", "--raw", f"/api/v1/nodes?labelSelector={RUN}%3D{run}")
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": found}
        for pod in platform.get("pods", "-A")["items"]
        if pod["spec"].get("nodeName") in names
        for found in [{key: pod["metadata"][key] for key in ("name", "namespace")}]
    ]
    leases = [
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-node-lease"},
        }
        for name in names
    ]
    at_once = ("--ignore-not-found", "--grace-period=0", "--force", "--wait=false")

    def delete(some: list[Manifest]) -> None:
        platform.kubectl("delete", *at_once, "-f", "-", stdin=_list(some))

    # Each kubectl sends five requests in a second.
    with ThreadPoolExecutor(_PROCESSES) as processes:
        list(processes.map(delete, _chunks([*pods, *leases], _FEW)))


def _chunks(items: list[Manifest], size: int) -> Iterator[list[Manifest]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _list(items: list[Manifest]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
