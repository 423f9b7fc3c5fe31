"""What is told of a job that no machines could ever run, before it is submitted."""

from __future__ import annotations

from typing import Any

import pytest
from unit.hub_jobs.conftest import make_spec

from mofang_hub.jobs.queue.fitting import Empty, fits
from mofang_hub.jobs.queue.outlook import outlook


def machine(*, gpus: int = 0, cores: int = 16, pool: str = "", kind: str = "") -> Empty:
    labels = {"mofang.dev/pool": pool, "mofang.dev/machine": kind}
    capacity = {"cpu": str(cores), "memory": "64Gi", "nvidia.com/gpu": str(gpus)}
    node = {"name": "n", "labels": {k: v for k, v in labels.items() if v}}
    return Empty.from_node({"metadata": node, "status": {"capacity": capacity}})


def told(*machines: Empty, pool: str = "", replicas: int = 1, **asked: Any) -> str:
    spec = make_spec(replicas=replicas, resources=asked)
    notes = outlook(spec, pool, machines)
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
            "asks for 8 GPUs, and the largest machine it may use in the cluster has 4",
            id="more GPUs than any",
        ),
        pytest.param(
            {"cpu": "20"},
            "20 cores, and the largest machine it may use in the cluster has 16 cores",
            id="more cores than any",
        ),
        pytest.param(
            {"memory": "1Ti"},
            "memory, and the largest machine it may use in the cluster has 64 GiB",
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
    assert "asks for 1 GPU, and no machine it may use in the cluster has any" in told(
        machine(), gpu=1
    )


def test_only_the_machines_of_the_pool_count() -> None:
    elsewhere, here = machine(gpus=8), machine(gpus=1, pool="vision")
    sentence = told(elsewhere, here, pool="vision", gpu=2)
    assert "the largest machine it may use in the pool vision has 1 GPU," in sentence
    assert "No machine belongs to the project's pool empty" in told(
        elsewhere, pool="empty"
    )


def test_gpu_machines_are_no_room_for_those_without_gpus() -> None:
    big, small = machine(gpus=4, cores=64, kind="gpu"), machine(cores=4)
    assert "has 4 cores" in told(big, small, cpu="8")
