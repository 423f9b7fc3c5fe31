"""What is told of a job that no machines could ever run, before it is submitted."""

from __future__ import annotations

from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_jobs.domain.capacity import NodeCapacity, fits, group_equal_nodes
from mofang_jobs.domain.capacity_warnings import capacity_warnings
from mofang_jobs.domain.models import Manifest


def machine(
    *, gpus: int = 0, cores: int = 16, pool: str = "", kind: str = "", taint: str = ""
) -> NodeCapacity:
    return NodeCapacity.from_node(
        node(gpus=gpus, cores=cores, pool=pool, kind=kind, taint=taint)
    )


def node(
    *, gpus: int = 0, cores: int = 16, pool: str = "", kind: str = "", taint: str = ""
) -> Manifest:
    labels = {"mofang.dev/pool": pool, "mofang.dev/node-type": kind}
    capacity = {"cpu": str(cores), "memory": "64Gi", "nvidia.com/gpu": str(gpus)}
    named = {"name": "n", "labels": {k: v for k, v in labels.items() if v}}
    taints = [{"key": taint, "value": "true", "effect": "NoSchedule"}] if taint else []
    return {
        "metadata": named,
        "spec": {"taints": taints},
        "status": {"capacity": capacity},
    }


def told(
    *machines: NodeCapacity, pool: str = "", replicas: int = 1, **asked: Any
) -> str:
    spec = make_spec(replicas=replicas, resources=asked)
    notes = capacity_warnings(spec, pool, machines)
    assert bool(notes) != fits(spec, pool, machines)
    return " ".join(notes)


def test_nothing_is_told_where_there_is_room_or_nothing_is_known() -> None:
    assert not told(machine(gpus=4), replicas=2, gpu=2)
    assert not told(replicas=2, gpu=2)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        pytest.param(
            {"gpu": 8},
            "needs 8 GPUs; the largest node it may use in the cluster has 4.",
            id="more GPUs than any",
        ),
        pytest.param(
            {"cpu": "20"},
            "20 cores; the largest node it may use in the cluster has 16.",
            id="more cores than any",
        ),
        pytest.param(
            {"memory": "1Ti"},
            "1 TiB of memory; the largest node it may use in the cluster has 64 GiB.",
            id="more memory than any",
        ),
        pytest.param(
            {"gpu": 2, "replicas": 5},
            "have room for 4 of the 5 worker replicas",
            id="too few machines",
        ),
        pytest.param(
            {"gpu": 4, "cpu": "12", "replicas": 3},
            "have room for none of the worker replicas",
            id="each is somewhere, but nowhere together",
        ),
    ],
)
def test_what_is_short_is_told(asked: dict[str, Any], sentence: str) -> None:
    machines = (machine(gpus=4, cores=8), machine(gpus=4, cores=8), machine())
    assert sentence in told(*machines, **asked)


def test_a_cluster_without_gpus_is_told_as_such() -> None:
    assert "needs 1 GPU; no node it may use in the cluster has any." in told(
        machine(), gpu=1
    )


def test_only_the_machines_of_the_pool_count() -> None:
    elsewhere, here = machine(gpus=8), machine(gpus=1, pool="vision")
    sentence = told(elsewhere, here, pool="vision", gpu=2)
    assert "the largest node it may use in the pool vision has 1." in sentence
    assert "No node belongs to the project's pool empty" in told(
        elsewhere, pool="empty"
    )


def test_gpu_machines_are_no_room_for_those_without_gpus() -> None:
    big, small = machine(gpus=4, cores=64, kind="gpu"), machine(cores=4)
    assert "node it may use in the cluster has 4." in told(big, small, cpu="8")


@pytest.mark.parametrize(
    ("taint", "told_of"),
    [
        pytest.param("dedicated", "has 4.", id="a taint that jobs do not tolerate"),
        pytest.param("node.kubernetes.io/unreachable", "", id="one that will pass"),
        pytest.param("mofang.dev/pool", "has 4.", id="that of a pool"),
    ],
)
def test_tainted_nodes_are_no_room(taint: str, told_of: str) -> None:
    sentence = told(machine(cores=16, taint=taint), machine(cores=4), cpu="8")
    assert told_of in sentence
    assert bool(sentence) is bool(told_of)


def test_a_taint_on_every_node_is_told() -> None:
    assert told(machine(taint="dedicated"), cpu="1").startswith(
        "No node of the cluster may run a worker replica: their taints or labels"
    )


def test_the_taint_of_the_own_pool_and_that_of_gpus_are_tolerated() -> None:
    own = node(pool="blue", gpus=4, kind="gpu")
    own["spec"]["taints"] = [
        {"key": "mofang.dev/pool", "value": "blue", "effect": "NoSchedule"},
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
    ]
    assert not told(NodeCapacity.from_node(own), pool="blue", gpu=2)


def test_nodes_of_one_kind_are_judged_as_one() -> None:
    """A thousand of them are judged as fast as three."""
    found = group_equal_nodes([node(cores=4)] * 20 + [node(cores=8)] * 10)
    assert sorted(each.count for each in found) == [10, 20]
    assert not told(*found, replicas=40, cpu="4")
    assert "have room for 40 of the 41" in told(*found, replicas=41, cpu="4")
