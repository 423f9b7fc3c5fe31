import pytest

from mofang_spawner.verdict import (
    REMOVED,
    Lost,
    Running,
    Stage,
    Waiting,
    judge,
    unschedulable,
)


def a_pod(state=None, *, node="gpu-1", **status):
    if state is not None:
        status["containerStatuses"] = [
            {"name": "notebook", "image": "mofang/x:1", **state}
        ]
    return {
        "metadata": {"name": "ada", "uid": "1"},
        "spec": {"nodeName": node, "containers": []},
        "status": {"phase": "Pending", "podIP": None, **status},
    }


def waits(reason, message=""):
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def ended(**given):
    return {"state": {"terminated": given}}


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        pytest.param("ContainerCreating", "waiting", id="being created"),
        pytest.param("PodInitializing", "waiting", id="being prepared"),
        pytest.param("ErrImagePull", "waiting", id="a pull failed, once"),
        pytest.param("", "waiting", id="no reason given"),
        pytest.param("ImagePullBackOff", "image", id="pulls fail again"),
        pytest.param("InvalidImageName", "image", id="no image's name"),
        pytest.param("ErrImageNeverPull", "image", id="an image not there"),
        pytest.param("CreateContainerConfigError", "config", id="a claim missing"),
        pytest.param("CreateContainerError", "config", id="no container"),
        pytest.param("RunContainerError", "config", id="no program"),
    ],
)
def test_every_reason_to_wait(reason, verdict):
    found = judge(a_pod(waits(reason, "why")))

    if verdict == "waiting":
        assert isinstance(found, Waiting)
        assert "gpu-1" in found.sentence
    else:
        assert isinstance(found, Lost)
        assert found.reason == verdict
        assert "why" in found.sentence
        assert not found.has_log


def test_an_image_that_cannot_be_pulled_says_why_and_what_to_do():
    """Of a chain of wrapped errors, a person needs the last."""
    message = 'Back-off pulling image "x": ErrImagePull: not found.'
    found = judge(a_pod(waits("ImagePullBackOff", message)))

    assert found.sentence == (
        "The image mofang/x:1 cannot be pulled: not found. "
        "Choose another environment, or ask an administrator to correct this one."
    )


def test_kubernetes_novels_are_cut():
    found = judge(a_pod(waits("CreateContainerError", "x" * 10_000)))

    assert len(found.sentence) < 600


@pytest.mark.parametrize(
    ("state", "reason", "says"),
    [
        pytest.param(
            ended(exitCode=137, reason="OOMKilled"), "memory", "memory", id="no memory"
        ),
        pytest.param(ended(exitCode=137), "memory", "Ask for more", id="killed"),
        pytest.param(ended(exitCode=1), "exit", "exit code 1", id="a failure"),
        pytest.param(ended(exitCode=0), "exit", "exit code 0", id="an early end"),
        pytest.param(
            {**waits("CrashLoopBackOff"), "lastState": ended(exitCode=2)["state"]},
            "exit",
            "exit code 2",
            id="a crash before the one that is waited for",
        ),
    ],
)
def test_a_container_that_ended_is_lost_with_its_log(state, reason, says):
    found = judge(a_pod(state))

    assert isinstance(found, Lost)
    assert found.reason == reason
    assert says in found.sentence
    assert found.has_log


def test_an_evicted_pod_is_lost_whatever_its_container_says():
    found = judge(
        a_pod(
            ended(exitCode=137), phase="Failed", reason="Evicted", message="disk full"
        )
    )

    assert found == Lost(
        reason="evicted", sentence="The node evicted the server: disk full"
    )


def test_a_pod_under_deletion_is_lost():
    pod = a_pod({"state": {"running": {}}}, podIP="10.0.0.1")
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    assert judge(pod) == REMOVED


def test_a_running_container_has_an_address():
    pod = a_pod({"state": {"running": {}}}, phase="Running", podIP="10.0.0.1")

    assert judge(pod) == Running(address="10.0.0.1", node="gpu-1")


def test_a_container_without_an_address_is_waited_for():
    assert isinstance(judge(a_pod({"state": {"running": {}}})), Waiting)


@pytest.mark.parametrize(
    ("pod", "stage"),
    [
        pytest.param(None, Stage.REQUESTED, id="not seen yet"),
        pytest.param(a_pod(node=None), Stage.REQUESTED, id="not looked at yet"),
        pytest.param(a_pod(), Stage.PLACED, id="placed"),
        pytest.param(
            a_pod(
                node=None,
                conditions=[
                    {"type": "Ready", "status": "False"},
                    {"type": "PodScheduled", "status": "False", "message": "full"},
                ],
            ),
            Stage.QUEUED,
            id="no machine has room",
        ),
        pytest.param(
            a_pod(conditions=[{"type": "PodScheduled", "status": "True"}]),
            Stage.PLACED,
            id="scheduled",
        ),
    ],
)
def test_how_far_a_pod_has_come(pod, stage):
    found = judge(pod)

    assert isinstance(found, Waiting)
    assert found.stage is stage


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        pytest.param(
            "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes …",
            "Waiting for a node with enough free CPU.",
            id="cpu, at a sentence's end",
        ),
        pytest.param(
            "0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 Insufficient "
            "memory.",
            "Waiting for a node with enough free memory and GPUs.",
            id="memory here and GPUs there",
        ),
        pytest.param(
            "3 Insufficient cpu, 3 Insufficient cpu.",
            "Waiting for a node with enough free CPU.",
            id="the same twice",
        ),
        pytest.param(
            "1 Insufficient ephemeral-storage.",
            "Waiting for a node with enough free ephemeral-storage.",
            id="something else",
        ),
        pytest.param(
            "0/3 nodes are available: 3 node(s) had untolerated taint",
            "Waiting for a node: 0/3 nodes are available: 3 node(s) had "
            "untolerated taint",
            id="another cause, in the scheduler's words",
        ),
        pytest.param("", "Waiting for a node.", id="no words"),
    ],
)
def test_what_the_scheduler_says_as_one_sentence(message, sentence):
    assert unschedulable(message) == sentence


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            "CreateContainerConfigError",
            "failed to sync secret cache: timed out waiting for the condition",
        ),
        ("CreateContainerConfigError", "failed to sync configmap cache: timed out"),
        ("CreateContainerError", "context deadline exceeded"),
        (
            "CreateContainerError",
            'failed to reserve container name "notebook_x_0": name is reserved',
        ),
    ],
)
def test_what_the_kubelet_tries_again_is_waited_for(reason, message):
    assert isinstance(judge(a_pod(waits(reason, message))), Waiting)


def test_containers_beside_the_server_are_not_waited_for():
    """The kubelet sorts statuses by the containers' names."""
    beside = {"name": "beside", **ended(exitCode=1)}
    server = {"name": "notebook", "state": {"running": {}}}
    pod = a_pod(podIP="10.0.0.7", containerStatuses=[beside, server])

    assert judge(pod) == Running(address="10.0.0.7", node="gpu-1")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param(
            ended(exitCode=3), "The init container first failed", id="it failed"
        ),
        pytest.param(
            waits("ImagePullBackOff", "denied"),
            "The image other:1 of the init container first cannot be pulled: denied",
            id="no image",
        ),
    ],
)
def test_a_broken_init_container_ends_the_start_with_its_name(state, said):
    first = {"name": "first", "image": "other:1", **state}
    pod = a_pod(waits("PodInitializing"), initContainerStatuses=[first])
    found = judge(pod)

    assert isinstance(found, Lost)
    assert found.sentence.startswith(said)
    assert not found.may_be_users


def test_an_init_container_that_did_its_work_is_passed_over():
    first = {"name": "first", **ended(exitCode=0)}
    pod = a_pod(waits("PodInitializing"), initContainerStatuses=[first])

    assert isinstance(judge(pod), Waiting)
