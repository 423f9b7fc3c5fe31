"""What a pod reserves is what the scheduler counts."""

import pytest

from mofang_kube.names import GPU_RESOURCE
from mofang_kube.pod_resources import PodResources, strip_resources


def container(cpu="0", memory="0", gpus=None, **other):
    requests = {"cpu": cpu, "memory": memory}
    if gpus:
        requests[GPU_RESOURCE] = gpus
    return {"name": "x", "resources": {"requests": requests}, **other}


SIDECAR = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"containers": [{"name": "x"}]}, (0, 0, 0), id="nothing asked"),
        pytest.param(
            {"containers": [container("1", "1Gi", "1"), container("250m", "512Mi")]},
            (1250, 1536 * 1024**2, 1),
            id="containers together",
        ),
        pytest.param(
            {
                "containers": [container("1", "1Gi")],
                "initContainers": [container("4", "1Mi"), container("2", "2Gi")],
            },
            (4000, 2 * 1024**3, 0),
            id="the greatest init container, if it is greater",
        ),
        pytest.param(
            {
                "containers": [container("1")],
                "initContainers": [container("500m", **SIDECAR), container("2")],
            },
            (2500, 0, 0),
            id="an init container beside an earlier sidecar",
        ),
        pytest.param(
            {
                "containers": [container("1")],
                "initContainers": [container("1200m"), container("500m", **SIDECAR)],
            },
            (1500, 0, 0),
            id="a sidecar beside the containers",
        ),
        pytest.param(
            {
                "containers": [container("1", "1Gi")],
                "overhead": {"cpu": "100m", "memory": "1Mi"},
            },
            (1100, 1025 * 1024**2, 0),
            id="with the overhead of its runtime class",
        ),
        pytest.param(
            {"containers": [container("0.0005", "0.5")]}, (1, 1, 0), id="rounded up"
        ),
    ],
)
def test_what_is_reserved(spec, expected):
    found = PodResources.from_pod({"spec": spec})

    assert (found.cpu_millicores, found.memory_bytes, found.gpus) == expected
    assert PodResources.from_pod({"spec": strip_resources(spec)}) == found


def test_what_is_no_quantity_is_refused():
    with pytest.raises(ValueError, match="much"):
        PodResources.from_pod({"spec": {"containers": [container("much")]}})
