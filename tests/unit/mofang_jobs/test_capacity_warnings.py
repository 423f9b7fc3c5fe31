"""What is told of a job that no machines could ever run, before it is submitted."""

from __future__ import annotations

from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_jobs.domain.capacity import NodeCapacity, fits, group_equal_nodes
from mofang_jobs.domain.capacity_warnings import capacity_warnings
from mofang_jobs.domain.environments import role_disks
from mofang_jobs.domain.models import Manifest
from mofang_kube.ephemeral_storage import CacheFlavour, EphemeralStorage


def node_capacity(
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


def warnings_of(
    *nodes: NodeCapacity, pool: str = "", replicas: int = 1, **asked: Any
) -> str:
    spec = make_spec(replicas=replicas, resources=asked)
    notes = capacity_warnings(spec, pool, nodes)
    assert bool(notes) != fits(spec, pool, nodes)
    return " ".join(notes)


def test_a_cache_that_no_node_has_room_for_is_reported() -> None:
    """The scheduler would never find a node, and the pods of the gang would wait."""
    found = node()
    found["status"]["capacity"]["ephemeral-storage"] = "100Gi"
    nodes = [NodeCapacity.from_node(found)]
    spec = make_spec(replicas=2)

    def notes_for(cache: str) -> list[str]:
        disks = role_disks(
            spec, None, EphemeralStorage(cache=(CacheFlavour(size=cache),))
        )
        notes = capacity_warnings(spec, "", nodes, disks)
        assert bool(notes) != fits(spec, "", nodes, disks)
        return notes

    assert notes_for("49Gi") == []
    assert notes_for("60Gi")[0].startswith(
        "The nodes of the cluster have room for 1 of the 2 worker replicas, even when"
    )
    assert notes_for("100Gi")[0].startswith(
        "A worker replica needs 100.1 GiB of local disk, /cache included; the largest "
        "node it may use in the cluster has 100 GiB. "
    )


def test_nothing_is_told_where_there_is_room_or_nothing_is_known() -> None:
    assert not warnings_of(node_capacity(gpus=4), replicas=2, gpu=2)
    assert not warnings_of(replicas=2, gpu=2)


@pytest.mark.parametrize(
    ("asked", "message"),
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
def test_what_is_short_is_told(asked: dict[str, Any], message: str) -> None:
    nodes = (
        node_capacity(gpus=4, cores=8),
        node_capacity(gpus=4, cores=8),
        node_capacity(),
    )
    assert message in warnings_of(*nodes, **asked)


def test_a_cluster_without_gpus_is_told_as_such() -> None:
    assert "needs 1 GPU; no node it may use in the cluster has any." in warnings_of(
        node_capacity(), gpu=1
    )


def test_only_the_machines_of_the_pool_count() -> None:
    elsewhere, here = node_capacity(gpus=8), node_capacity(gpus=1, pool="vision")
    message = warnings_of(elsewhere, here, pool="vision", gpu=2)
    assert "the largest node it may use in the pool vision has 1." in message
    assert "No node belongs to the project's pool empty" in warnings_of(
        elsewhere, pool="empty"
    )


def test_gpu_machines_are_no_room_for_those_without_gpus() -> None:
    big, small = node_capacity(gpus=4, cores=64, kind="gpu"), node_capacity(cores=4)
    assert "node it may use in the cluster has 4." in warnings_of(big, small, cpu="8")


@pytest.mark.parametrize(
    ("taint", "expected"),
    [
        pytest.param("dedicated", "has 4.", id="a taint that jobs do not tolerate"),
        pytest.param("node.kubernetes.io/unreachable", "", id="one that will pass"),
        pytest.param("mofang.dev/pool", "has 4.", id="that of a pool"),
    ],
)
def test_tainted_nodes_are_no_room(taint: str, expected: str) -> None:
    message = warnings_of(
        node_capacity(cores=16, taint=taint), node_capacity(cores=4), cpu="8"
    )
    assert expected in message
    assert bool(message) is bool(expected)


def test_a_taint_on_every_node_is_told() -> None:
    assert warnings_of(node_capacity(taint="dedicated"), cpu="1").startswith(
        "No node of the cluster may run a worker replica: their taints or labels"
    )


def test_the_taint_of_the_own_pool_and_that_of_gpus_are_tolerated() -> None:
    own = node(pool="blue", gpus=4, kind="gpu")
    own["spec"]["taints"] = [
        {"key": "mofang.dev/pool", "value": "blue", "effect": "NoSchedule"},
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
    ]
    assert not warnings_of(NodeCapacity.from_node(own), pool="blue", gpu=2)


def test_nodes_of_one_kind_are_judged_as_one() -> None:
    """A thousand of them are judged as fast as three."""
    found = group_equal_nodes([node(cores=4)] * 20 + [node(cores=8)] * 10)
    assert sorted(each.count for each in found) == [10, 20]
    assert not warnings_of(*found, replicas=40, cpu="4")
    assert "have room for 40 of the 41" in warnings_of(*found, replicas=41, cpu="4")
