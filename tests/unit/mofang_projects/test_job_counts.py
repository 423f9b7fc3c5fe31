"""Which kinds of jobs a project's quota counts, and when."""

from typing import Any

import pytest

from mofang_jobs.engines.registry import KINDS
from mofang_projects.job_counts import GRACE_SECONDS, JobCounts
from mofang_projects.models import Project
from mofang_projects.quotas import build_job_quota
from mofang_projects.settings import NamespaceSettings

PYTORCH = "pytorchjobs.kubeflow.org"
RAY = "rayjobs.ray.io"


class Cluster:
    """Serves what it is told to."""

    def __init__(self) -> None:
        self.served = {"kubeflow.org/v1": {"pytorchjobs", "notebooks"}}
        self.asked = 0

    async def list_resources(self, version: str) -> set[str]:
        self.asked += 1
        return self.served.get(version, set())


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(cluster: Cluster, clock: Clock) -> JobCounts:
    return JobCounts(cluster, clock=clock)  # type: ignore[arg-type]


def quota(hard: set[str], used: set[str]) -> dict[str, Any]:
    return {
        "status": {
            "hard": {f"count/{each}": "500" for each in hard},
            "used": {f"count/{each}": "0" for each in used},
        }
    }


async def test_a_new_kind_is_named_once_kubernetes_knows_it(
    counts: JobCounts, clock: Clock
) -> None:
    assert await counts.countable(None) == []
    clock.now += GRACE_SECONDS
    assert await counts.countable(None) == [PYTORCH]


async def test_what_is_counted_stays_counted_when_the_operator_starts_again(
    counts: JobCounts,
) -> None:
    assert await counts.countable(quota({PYTORCH}, {PYTORCH})) == [PYTORCH]


async def test_what_is_named_and_not_counted_is_left_out_and_named_again(
    counts: JobCounts, clock: Clock
) -> None:
    """A quota of unknown status admits nothing until it is another one."""
    await counts.countable(None)
    clock.now += GRACE_SECONDS
    assert await counts.countable(quota({PYTORCH}, set())) == []
    assert await counts.countable(quota(set(), set())) == [PYTORCH]


async def test_what_is_not_served_is_not_counted(
    counts: JobCounts, cluster: Cluster, clock: Clock
) -> None:
    await counts.countable(None)
    clock.now += GRACE_SECONDS
    assert RAY not in await counts.countable(None)

    cluster.served["ray.io/v1"] = {"rayjobs"}
    clock.now += GRACE_SECONDS
    assert RAY not in await counts.countable(None), "it came just now"
    clock.now += GRACE_SECONDS
    assert RAY in await counts.countable(None)

    cluster.served = {}
    clock.now += GRACE_SECONDS
    assert await counts.countable(quota({PYTORCH}, {PYTORCH})) == []


async def test_many_projects_ask_kubernetes_once(
    counts: JobCounts, cluster: Cluster
) -> None:
    for _ in range(50):
        await counts.countable(None)

    assert cluster.asked == len({kind.api_version for kind in KINDS})


@pytest.mark.parametrize(
    ("own", "maximum"),
    [
        pytest.param({}, "550", id="what the chart says"),
        pytest.param({"jobs": 2}, "12", id="what the project says"),
    ],
)
def test_jobs_of_each_kind_have_a_number_and_room_for_next_attempts(
    own: dict[str, Any], maximum: str
) -> None:
    body = {
        "metadata": {"name": "vision"},
        "spec": {"displayName": "Vision", "quota": own},
    }
    settings = NamespaceSettings.model_validate(
        {
            "platformNamespace": "mofang",
            "gatewayNamespace": "istio-system",
            "gatewayLabels": {"istio": "ingressgateway"},
            "storage": {"persistentVolume": {"hostPath": {"path": "/x"}}},
        }
    )
    built = build_job_quota(Project.parse(body), settings, [PYTORCH, RAY])

    assert built["metadata"]["name"] == "mofang-jobs"
    assert built["spec"]["hard"] == {
        f"count/{PYTORCH}": maximum,
        f"count/{RAY}": maximum,
    }
