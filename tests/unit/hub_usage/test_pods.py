"""What the ledger reads of pods as the API server returns them."""

import pytest

from mofang_hub.usage.intervals import WorkloadType
from mofang_hub.usage.pods import read_pod, read_seconds, strip_pod

BOUND = "2026-11-30T10:00:00Z"
ENDED = "2026-11-30T12:00:00Z"
DELETED = "2026-11-30T13:00:00Z"


def a_body(*, labels=None, node="node-1", phase="Running", states=None, **metadata):
    return {
        "metadata": {
            "name": "train-abc123-worker-0",
            "namespace": "mofang-project-vision",
            "uid": "0-1-2",
            "labels": {
                "mofang.dev/project": "vision",
                "mofang.dev/owner": "ada",
                "mofang.dev/job": "train-abc123",
                "mofang.dev/framework": "pytorch",
                "mofang.dev/role": "worker",
                "training.kubeflow.org/replica-index": "3",
            }
            if labels is None
            else labels,
            **metadata,
        },
        "spec": {
            "nodeName": node,
            "containers": [
                {
                    "name": "pytorch",
                    "image": "x",
                    "env": [{"name": "A", "value": "1"}],
                    "resources": {
                        "requests": {
                            "cpu": "1500m",
                            "memory": "4Gi",
                            "nvidia.com/gpu": "2",
                        }
                    },
                }
            ],
        },
        "status": {
            "phase": phase,
            "startTime": "2026-11-30T10:00:01Z",
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "True" if node else "False",
                    "lastTransitionTime": BOUND,
                }
            ],
            "containerStatuses": [
                {"name": "pytorch", "state": each}
                for each in states or [{"running": {"startedAt": BOUND}}]
            ],
        },
    }


def ended(at=ENDED):
    return {"terminated": {"exitCode": 0, "finishedAt": at}}


def test_a_replica_of_a_job():
    found = read_pod(a_body(), "NVIDIA-H100")

    allocation = found.allocation
    assert (allocation.project, allocation.owner) == ("vision", "ada")
    assert allocation.workload_type is WorkloadType.JOB
    assert (allocation.workload, allocation.replica) == ("train-abc123", "worker-3")
    assert (allocation.node, allocation.gpu_model) == ("node-1", "NVIDIA-H100")
    assert allocation.cpu_millicores == 1500
    assert allocation.memory_bytes == 4 * 1024**3
    assert allocation.gpus == 2
    assert found.started == read_seconds(BOUND)
    assert not found.has_ended
    assert found.finished is None


def test_a_server():
    labels = {
        "mofang.dev/project": "vision",
        "mofang.dev/owner": "ada",
        "mofang.dev/environment": "pytorch",
        "mofang.dev/server": "jupyter-ada",
    }

    allocation = read_pod(a_body(labels=labels)).allocation

    assert allocation.workload_type is WorkloadType.SERVER
    assert (allocation.workload, allocation.environment) == ("jupyter-ada", "pytorch")


def test_what_is_kept_of_a_pod_is_read_alike():
    for body in (
        a_body(),
        a_body(phase="Succeeded", states=[ended()]),
        a_body(deletionTimestamp=DELETED),
    ):
        kept = strip_pod(body)
        assert read_pod(kept) == read_pod(body)
        assert "env" not in str(kept)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_body(node=""), id="one that waits for a node"),
        pytest.param(
            a_body(labels={"mofang.dev/owner": "ada"}), id="without a project"
        ),
        pytest.param(a_body(labels={"mofang.dev/project": "vision"}), id="nobody's"),
    ],
)
def test_what_reserves_nothing_for_anybody_is_left_out(body):
    assert read_pod(body) is None


def test_the_last_of_its_containers_says_when_it_ended():
    body = a_body(phase="Failed", states=[ended("2026-11-30T11:00:00Z"), ended(ENDED)])

    found = read_pod(body)

    assert found.has_ended
    assert found.finished == read_seconds(ENDED)


def test_a_pod_whose_sidecar_runs_on_has_not_ended():
    body = a_body(states=[ended(), {"running": {"startedAt": BOUND}}])

    assert read_pod(body).finished is None


def test_a_container_that_was_restarted_has_not_ended():
    body = a_body(states=[{"waiting": {"reason": "CrashLoopBackOff"}}])
    body["status"]["containerStatuses"][0]["lastState"] = ended()

    assert read_pod(body).finished is None


def test_an_evicted_pod_ends_with_its_eviction():
    body = a_body(phase="Failed")
    body["status"]["containerStatuses"] = []
    body["status"]["conditions"].append(
        {"type": "DisruptionTarget", "status": "True", "lastTransitionTime": ENDED}
    )

    assert read_pod(strip_pod(body)).finished == read_seconds(ENDED)


def test_requests_that_cannot_be_read_count_as_none():
    body = a_body()
    body["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "much"

    assert read_pod(body).allocation.cpu_millicores == 0


@pytest.mark.parametrize(
    ("since", "started"),
    [
        pytest.param("unused", None, id="nobody uses it"),
        pytest.param("1796040000", 1_796_040_000, id="used later"),
        pytest.param("1796032000", 1_796_032_800, id="used before it had a node"),
    ],
)
def test_what_was_started_ahead_counts_from_its_use(since, started):
    labels = {
        "mofang.dev/project": "vision",
        "mofang.dev/owner": "ada",
        "mofang.dev/server": "jupyter-ada",
        "mofang.dev/started-ahead": since,
    }
    body = a_body(labels=labels)

    found = [read_pod(each) for each in (body, strip_pod(body))]

    assert [each and each.started for each in found] == [started, started]
