"""RayJobs: which pod is which replica, and what their status tells."""

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_job, make_pod

from mofang_api.models import JobState, ReplicaState
from mofang_jobs.domain.models import (
    Manifest,
    ObservedJob,
    Outcome,
    PodPhase,
    SchedulingMetadata,
)
from mofang_jobs.domain.restart_rules import record_failure
from mofang_jobs.domain.status import StatusInputs, describe_job
from mofang_jobs.engines.kuberay import MAX_MESSAGE_LENGTH, RAY_JOB, KubeRay
from mofang_jobs.engines.object_status import job_index_keys, read_job, strip_job
from mofang_jobs.engines.pod_status import read_pod, strip_pod
from mofang_jobs.engines.rendering import render

NOW = datetime(2026, 11, 23, tzinfo=UTC)

FAILED = (
    "Job entrypoint command failed with exit code 1, last available logs (truncated to "
    "20,000 chars):\n"
    "Traceback (most recent call last):\n"
    '  File "train.py", line 1, in <module>\n'
    "ValueError: the learning rate is -1\n"
    "[Mofang] 2026-11-23T00:00:00Z head-0 ended with exit code 1 after 0.1 s.\n"
)
SPEC: dict[str, Any] = {
    "framework": "ray",
    "roles": {"worker": {"replicas": 2}},
    "replicas": 1,
}


def ray_job(**status: Any) -> Manifest:
    [body] = render(RAY_JOB, make_job(**SPEC), [], SchedulingMetadata())
    body["metadata"] |= {
        "uid": "u",
        "resourceVersion": "1",
        "creationTimestamp": "2026-11-23T00:00:00Z",
    }
    return {**body, "status": status}


def read(**status: Any) -> ObservedJob:
    found = read_job(strip_job(RAY_JOB, ray_job(**status)))
    assert found is not None
    return found


def pods_as_made() -> list[Manifest]:
    """The pods that KubeRay makes: templates with labels and names of its own."""
    cluster = ray_job()["spec"]["rayClusterSpec"]
    groups = [
        ("headgroup", "head", cluster["headGroupSpec"]),
        *(
            (group["groupName"], "worker", group)
            for group in cluster["workerGroupSpecs"]
            for _ in range(group["replicas"])
        ),
    ]
    return [
        {
            "metadata": {
                "name": f"train-abc123-x7kfq-{group}-{number}hq2v",
                "uid": f"pod-{number}",
                "namespace": "mofang-project-vision",
                "labels": {
                    **spec["template"]["metadata"]["labels"],
                    "ray.io/node-type": kind,
                    "ray.io/group": group,
                    "ray.io/cluster": "train-abc123-x7kfq",
                },
                "ownerReferences": [{"kind": "RayCluster", "uid": "c"}],
            },
            "spec": spec["template"]["spec"],
            "status": {"phase": "Running"},
        }
        for number, (group, kind, spec) in enumerate(groups)
    ]


def test_each_pod_has_its_role_and_index() -> None:
    found = [read_pod(strip_pod(each)) for each in pods_as_made()]
    assert [each.label for each in found if each] == ["head-0", "worker-0", "worker-1"]


def test_no_container_is_without_restrictions() -> None:
    """KubeRay adds a container to pods in every mode of submission but this one."""
    spec = ray_job()["spec"]
    assert spec["submissionMode"] == "HTTPMode"
    for pod in pods_as_made():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        [container] = pod["spec"]["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }


def test_probes_are_not_left_to_the_operator() -> None:
    """Its own run wget, which the image may lack: the job would never start."""
    for pod in pods_as_made():
        [container] = pod["spec"]["containers"]
        for name in ("readinessProbe", "livenessProbe"):
            assert not {"tcpSocket", "httpGet"}.isdisjoint(container[name])


def test_workers_know_the_head_by_the_name_of_its_service() -> None:
    cluster = ray_job()["spec"]["rayClusterSpec"]
    service = cluster["headGroupSpec"]["headService"]["metadata"]["name"]
    for group in cluster["workerGroupSpecs"]:
        [container] = group["template"]["spec"]["containers"]
        env = {each["name"]: each.get("value") for each in container["env"]}
        assert env["MOFANG_LEADER_HOST"] == service


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ({}, []),
        ({"jobDeploymentStatus": "Initializing"}, []),
        ({"jobDeploymentStatus": "Running", "jobStatus": "RUNNING"}, []),
        ({"jobDeploymentStatus": "Suspending"}, []),
        ({"jobDeploymentStatus": "Suspended"}, ["Suspended"]),
        ({"jobDeploymentStatus": "Complete", "jobStatus": "SUCCEEDED"}, ["Succeeded"]),
        ({"jobDeploymentStatus": "Complete", "jobStatus": "STOPPED"}, ["Failed"]),
        ({"jobDeploymentStatus": "Failed", "jobStatus": "FAILED"}, ["Failed"]),
        ({"jobDeploymentStatus": "Failed", "jobStatus": ""}, ["Failed"]),
        ({"jobDeploymentStatus": "ValidationFailed"}, ["Failed"]),
    ],
)
def test_its_status_as_conditions(status: dict[str, str], kinds: list[str]) -> None:
    found = KubeRay().read_conditions(status)
    assert [each["type"] for each in found] == kinds


def failed_job(**status: str) -> ObservedJob:
    return read(
        jobDeploymentStatus="Failed",
        jobStatus="FAILED",
        endTime="2026-11-23T00:01:00Z",
        **{"message": FAILED, **status},
    )


def test_a_script_that_failed_is_told_as_of_other_engines() -> None:
    """KubeRay removes the pods, and the head's container does not end with it."""
    job = failed_job()
    killed = make_pod(0, role="head", phase=PodPhase.FAILED, exit_code=143)

    for pods in ([], [killed], [make_pod(0, role="head")]):
        found = describe_job(StatusInputs(job=job, pods=tuple(pods)))

        assert found.state is JobState.FAILED
        assert found.reason == (
            "head-0 ended with exit code 1: ValueError: the learning rate is -1."
        )
        head = found.replicas[0]
        assert (head.state, head.exit_code) == (ReplicaState.FAILED, 1)
        assert job.finished == found.finished is not None


def test_a_script_s_failure_is_not_the_platform_s() -> None:
    record = record_failure(failed_job(), [], NOW)
    assert (record.platform_failure, record.replica) == (False, "head-0")
    assert "the learning rate is -1" in record.cause


def test_a_head_that_was_lost_is_the_platform_s_failure() -> None:
    told = "Unexpected error occurred: The actor died unexpectedly."
    record = record_failure(failed_job(message=told), [], NOW)
    assert (record.platform_failure, record.cause) == (True, told)


def test_one_killed_for_its_memory_is_told_by_its_code() -> None:
    job = failed_job(message=FAILED.replace("exit code 1,", "exit code -9,"))
    assert job.exit_code == 137


def test_of_a_long_output_the_end_is_kept() -> None:
    message = FAILED.replace("Traceback", "x" * 20_000 + "Traceback")
    job = failed_job(message=message)
    assert len(job.outcome_message) <= MAX_MESSAGE_LENGTH
    assert job.exit_code == 1
    assert "the learning rate" in job.outcome_message


def test_what_the_operator_refuses_has_failed() -> None:
    job = read(jobDeploymentStatus="ValidationFailed", message="The name is too long.")
    found = describe_job(StatusInputs(job=job))
    assert (job.outcome, found.reason) == (Outcome.FAILED, "The name is too long.")


def test_one_that_has_ended_is_not_looked_at_again() -> None:
    obj = strip_job(RAY_JOB, ray_job(jobDeploymentStatus="Complete"))
    assert "open" not in job_index_keys(obj)
