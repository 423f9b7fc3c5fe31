"""What nodes have left and namespaces hold, as the scheduler counts."""

from decimal import Decimal

import pytest

from mofang_kube.free_capacity import FreeCapacity, strip_requests
from mofang_kube.placement import PlacementRequest, build_placement, strip_node

GIB = 1024**3
GPU = "nvidia.com/gpu"


def node(name, *, gpu=0, pool="", **spec):
    labels = {"mofang.dev/node-type": "gpu" if gpu else "cpu", "mofang.dev/pool": pool}
    amounts = {"cpu": "4", "memory": "16Gi", GPU: str(gpu)}
    return strip_node(
        {
            "metadata": {"name": name, "labels": labels},
            "spec": spec,
            "status": {
                "capacity": amounts,
                "allocatable": amounts,
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
    )


def container(**requests):
    return {
        "resources": {
            "requests": {k.replace("gpu", GPU): v for k, v in requests.items()}
        }
    }


def pod(
    name,
    on="",
    *,
    namespace="mofang-project-vision",
    init=(),
    overhead=None,
    labels=None,
    waits=False,
    **requests,
):
    spec = {"containers": [container(**requests)], "nodeName": on}
    if init:
        spec["initContainers"] = list(init)
    if overhead:
        spec["overhead"] = overhead
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    return strip_requests(
        {
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": spec,
            "status": {"conditions": [condition] if waits else []},
        }
    )


def placed(free, *, gpu=False, pool=""):
    request = PlacementRequest(requests_gpu=gpu, pool=pool)
    return build_placement(request, free.kinds)


def test_gpus_of_pods_are_not_free():
    free = FreeCapacity(
        [node("gpu-1", gpu=2), node("gpu-2", gpu=2), node("cpu-1")],
        [pod("a", "gpu-1", gpu="1"), pod("b", "gpu-2", gpu="1"), pod("waits", gpu="1")],
    )

    assert free.gpus("") == (2, 4)


def test_a_pool_counts_alone():
    free = FreeCapacity([node("gpu-1", gpu=2), node("gpu-2", gpu=4, pool="lab")], [])

    assert free.gpus("lab") == (4, 4)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"unschedulable": True}, id="cordoned"),
        pytest.param(
            {
                "taints": [
                    {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
                ]
            },
            id="out of service",
        ),
    ],
)
def test_what_is_on_a_closed_node_is_there_and_not_free(spec):
    free = FreeCapacity([node("gpu-1", gpu=2, **spec)], [])

    assert free.gpus("") == (0, 2)
    assert free.count_suitable_nodes({GPU: Decimal(1)}, placed(free, gpu=True)) == 0


def test_a_namespace_holds_what_its_pods_ask_for_placed_or_not():
    """As its quota counts."""
    free = FreeCapacity(
        [node("cpu-1")],
        [
            pod("a", "cpu-1", cpu="500m", memory="1Gi"),
            pod("b", cpu="2", memory="1Gi"),
            pod("c", "cpu-1", namespace="other", cpu="1"),
        ],
    )

    assert free.held("mofang-project-vision") == {
        "cpu": Decimal("2.5"),
        "memory": Decimal(2 * GIB),
    }
    assert free.held("nobodys") == {}


def test_init_containers_sidecars_and_overhead_count_as_the_scheduler_counts_them():
    found = pod(
        "a",
        "cpu-1",
        cpu="1",
        init=[container(cpu="3"), {**container(cpu="1"), "restartPolicy": "Always"}],
        overhead={"cpu": "250m"},
    )

    assert found["requests"] == {"cpu": Decimal("3.25")}


def test_a_pod_fits_where_all_of_it_is_free():
    free = FreeCapacity(
        [node("cpu-1"), node("cpu-2"), node("gpu-1", gpu=1)],
        [pod("a", "cpu-1", cpu="3.5"), pod("b", "cpu-2", memory="15Gi")],
    )
    cpu, memory = {"cpu": Decimal(1)}, {"memory": Decimal(2 * GIB)}

    assert free.count_suitable_nodes(cpu, placed(free)) == 1, (
        "cpu-2; GPU nodes are for GPUs"
    )
    assert free.count_suitable_nodes(memory, placed(free)) == 1
    assert free.count_suitable_nodes(cpu | memory, placed(free)) == 0
    assert free.count_suitable_nodes({GPU: Decimal(1)}, placed(free, gpu=True)) == 1


def test_a_taint_keeps_pods_off():
    taints = [{"key": "team", "value": "x", "effect": "NoSchedule"}]
    free = FreeCapacity([node("cpu-1", taints=taints)], [])

    assert free.count_suitable_nodes({"cpu": Decimal(1)}, placed(free)) == 0


def test_a_quantity_of_a_form_that_nobody_writes_breaks_nothing():
    free = FreeCapacity([node("cpu-1")], [pod("a", "cpu-1", memory="1e9")])

    assert free.count_suitable_nodes({"cpu": Decimal(1)}, placed(free)) == 1
