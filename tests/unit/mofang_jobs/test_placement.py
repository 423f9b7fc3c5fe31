"""Where roles run: one table."""

import pytest

from mofang_jobs.domain.nodes import Node
from mofang_kube.placement import Placement, PlacementRequest, build_placement

CPU = Node(is_labelled=True)
GPU = Node(is_labelled=True, has_gpu=True)
POOL_CPU = Node(pool="blue", is_labelled=True)
POOL_GPU = Node(pool="blue", is_labelled=True, has_gpu=True)
PLAIN = Node()
PLAIN_GPU = Node(has_gpu=True)

OFF_GPU = "mofang.dev/node-type NotIn gpu"
ON_GPU = "mofang.dev/node-type In gpu"
IN_POOL = "mofang.dev/pool In blue"


@pytest.mark.parametrize(
    ("requests_gpu", "pool", "nodes", "requirements", "tolerates"),
    [
        pytest.param(
            False,
            "",
            [CPU, GPU],
            {OFF_GPU},
            False,
            id="CPU role, both kinds: off the GPU nodes",
        ),
        pytest.param(False, "", [CPU], {OFF_GPU}, False, id="CPU role, only CPU nodes"),
        pytest.param(
            False,
            "",
            [GPU],
            set(),
            True,
            id="CPU role, only GPU nodes: takes CPU on them",
        ),
        pytest.param(
            False,
            "",
            [],
            {OFF_GPU},
            False,
            id="CPU role, nodes not known: off the GPU nodes",
        ),
        pytest.param(
            False, "", [PLAIN], {OFF_GPU}, False, id="CPU role, nodes without labels"
        ),
        pytest.param(
            False,
            "blue",
            [CPU, POOL_CPU, POOL_GPU],
            {IN_POOL, OFF_GPU},
            False,
            id="CPU role, pool of both kinds",
        ),
        pytest.param(
            False,
            "blue",
            [CPU, POOL_GPU],
            {IN_POOL},
            True,
            id="CPU role, pool of GPU nodes: stays in the pool",
        ),
        pytest.param(
            False,
            "blue",
            [CPU],
            {IN_POOL, OFF_GPU},
            False,
            id="CPU role, empty pool: waits, does not leave it",
        ),
        pytest.param(
            True,
            "",
            [CPU, GPU],
            {ON_GPU},
            True,
            id="GPU role, both kinds: on the GPU nodes",
        ),
        pytest.param(
            True,
            "",
            [CPU],
            set(),
            True,
            id="GPU role, no GPU machine yet: waits for one",
        ),
        pytest.param(
            True,
            "",
            [PLAIN_GPU],
            set(),
            True,
            id="GPU role, nodes without labels: by their GPUs",
        ),
        pytest.param(
            True, "blue", [GPU, POOL_GPU], {IN_POOL, ON_GPU}, True, id="GPU role, pool"
        ),
    ],
)
def test_placement(
    requests_gpu: bool,
    pool: str,
    nodes: list[Node],
    requirements: set[str],
    tolerates: bool,
) -> None:
    request = PlacementRequest(requests_gpu=requests_gpu, pool=pool)
    found = build_placement(request, nodes)

    assert demands_of(found) == requirements
    keys = {each["key"] for each in found.tolerations}
    assert ("nvidia.com/gpu" in keys) is tolerates
    assert ("mofang.dev/pool" in keys) is bool(pool), "pools may keep others off"


def test_several_nodes_are_excluded_one_by_one() -> None:
    """Kubernetes takes one value for each demand on a node's name."""
    request = PlacementRequest(requests_gpu=True, excluded_nodes=("bad", "worse"))
    found = build_placement(request, [Node(name="bad"), Node(name="good")])

    node = found.affinity["nodeAffinity"]
    required = node["requiredDuringSchedulingIgnoredDuringExecution"]
    assert required["nodeSelectorTerms"] == [
        {
            "matchFields": [
                {"key": "metadata.name", "operator": "NotIn", "values": [name]}
                for name in ("bad", "worse")
            ]
        }
    ]


def test_a_machine_is_known_by_the_name_that_pods_tell() -> None:
    labels = {"kubernetes.io/hostname": "ip-10-0-0-7"}
    node = {"metadata": {"name": "ip-10-0-0-7.ec2.internal", "labels": labels}}
    assert Node.from_node(node).name == "ip-10-0-0-7.ec2.internal"


@pytest.mark.parametrize("requests_gpu", [True, False])
def test_only_gpu_replicas_of_a_job_are_packed(requests_gpu: bool) -> None:
    request = PlacementRequest(
        requests_gpu=requests_gpu, pack_with={"mofang.dev/job": "x-1"}
    )
    found = build_placement(request, [CPU, GPU])

    packing = found.affinity.get("podAffinity")
    assert bool(packing) is requests_gpu
    if packing:
        (preferred,) = packing["preferredDuringSchedulingIgnoredDuringExecution"]
        term = preferred["podAffinityTerm"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        assert term["labelSelector"]["matchLabels"]["mofang.dev/job"] == "x-1"


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        pytest.param(
            {"metadata": {"labels": {"mofang.dev/node-type": "gpu"}}},
            GPU,
            id="by its label",
        ),
        pytest.param(
            {
                "metadata": {"labels": {}},
                "status": {"capacity": {"nvidia.com/gpu": "4"}},
            },
            PLAIN_GPU,
            id="by its GPUs",
        ),
        pytest.param(
            {
                "metadata": {"labels": {"mofang.dev/node-type": "cpu"}},
                "status": {"capacity": {"nvidia.com/gpu": "0"}},
            },
            CPU,
            id="no GPU left is none",
        ),
        pytest.param({"metadata": {}}, PLAIN, id="no labels at all"),
    ],
)
def test_kind_of_a_machine(node: dict[str, object], expected: Node) -> None:
    assert Node.from_node(node) == expected


@pytest.mark.parametrize(
    ("status", "expected"), [("Unknown", True), ("True", False), ("False", False)]
)
def test_a_machine_that_says_nothing_is_lost(status: str, expected: bool) -> None:
    conditions = [{"type": "Ready", "status": status}]
    node = {"metadata": {"name": "a"}, "status": {"conditions": conditions}}
    assert Node.from_node(node).is_lost is expected


def demands_of(found: Placement) -> set[str]:
    if not found.affinity.get("nodeAffinity"):
        return set()
    required = found.affinity["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    (term,) = required["nodeSelectorTerms"]
    return {
        f"{each['key']} {each['operator']} {','.join(each['values'])}"
        for each in term.get("matchExpressions", []) + term.get("matchFields", [])
    }
