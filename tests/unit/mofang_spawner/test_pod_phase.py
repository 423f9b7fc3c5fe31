import pytest

from mofang_spawner.pod_phase import (
    REMOVED,
    Running,
    Stage,
    StartFailed,
    StartPending,
    classify,
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
    found = classify(a_pod(waits(reason, "why")))

    if verdict == "waiting":
        assert isinstance(found, StartPending)
        assert "gpu-1" in found.message
    else:
        assert isinstance(found, StartFailed)
        assert found.reason == verdict
        assert "why" in found.message
        assert not found.has_log


def test_an_image_that_cannot_be_pulled_says_why_and_what_to_do():
    """Of a chain of wrapped errors, a person needs the last."""
    message = 'Back-off pulling image "x": ErrImagePull: not found.'
    found = classify(a_pod(waits("ImagePullBackOff", message)))

    assert found.message == (
        "The image mofang/x:1 cannot be pulled: not found. "
        "Choose another environment, or ask an administrator to correct this one."
    )


def test_kubernetes_novels_are_cut():
    found = classify(a_pod(waits("CreateContainerError", "x" * 10_000)))

    assert len(found.message) < 600


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
    found = classify(a_pod(state))

    assert isinstance(found, StartFailed)
    assert found.reason == reason
    assert says in found.message
    assert found.has_log


def test_an_evicted_pod_is_lost_whatever_its_container_says():
    found = classify(
        a_pod(
            ended(exitCode=137), phase="Failed", reason="Evicted", message="disk full"
        )
    )

    assert found == StartFailed(
        reason="evicted", message="The server was evicted from node gpu-1: disk full"
    )


@pytest.mark.parametrize(
    ("message", "says"),
    [
        pytest.param(
            'Usage of EmptyDir volume "cache" exceeds the limit "5Gi". ',
            "The server filled /cache and was evicted: 4.5 GiB of its 5.0 GiB are "
            "usable, and it wrote more than that size. A new start has an empty ",
            id="its own /cache",
        ),
        pytest.param(
            "The node was low on resource: memory. Threshold quantity: 200Mi, "
            "available: 91Mi. ",
            "The server was evicted: node gpu-1 ran low on memory. Start it again.",
            id="the node",
        ),
    ],
)
def test_an_eviction_is_told_with_what_to_do(message, says):
    found = classify(
        a_pod(ended(exitCode=137), phase="Failed", reason="Evicted", message=message)
    )

    assert isinstance(found, StartFailed)
    assert found.message.startswith(says)


def test_a_pod_under_deletion_is_lost():
    pod = a_pod({"state": {"running": {}}}, podIP="10.0.0.1")
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    assert classify(pod) == REMOVED


def test_a_running_container_has_an_address():
    pod = a_pod({"state": {"running": {}}}, phase="Running", podIP="10.0.0.1")

    assert classify(pod) == Running(address="10.0.0.1", node="gpu-1")


def test_a_container_without_an_address_is_waited_for():
    assert isinstance(classify(a_pod({"state": {"running": {}}})), StartPending)


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
            a_pod(
                node=None,
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "SchedulingGated",
                    }
                ],
            ),
            Stage.REQUESTED,
            id="what belongs to it is being made",
        ),
        pytest.param(
            a_pod(conditions=[{"type": "PodScheduled", "status": "True"}]),
            Stage.PLACED,
            id="scheduled",
        ),
    ],
)
def test_how_far_a_pod_has_come(pod, stage):
    found = classify(pod)

    assert isinstance(found, StartPending)
    assert found.stage is stage


@pytest.mark.parametrize(
    ("message", "text"),
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
            "Waiting for a node with enough free local disk.",
            id="the disk",
        ),
        pytest.param(
            "1 Insufficient example.org/fpga.",
            "Waiting for a node with enough free example.org/fpga.",
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
def test_what_the_scheduler_says_as_one_sentence(message, text):
    assert unschedulable(message) == text


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
    assert isinstance(classify(a_pod(waits(reason, message))), StartPending)


def test_the_servers_container_counts_wherever_it_is_listed():
    """Kubernetes gives no order of the containers' states."""
    pod = a_pod({"name": "notebook", "state": {"running": {}}}, podIP="10.0.0.1")
    sidecar = {"name": "sidecar", **ended(exitCode=1)}
    pod["status"]["containerStatuses"].insert(0, sidecar)

    assert isinstance(classify(pod), Running)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(
            {"state": {"running": {}}},
            "Init container copy is running on node gpu-1.",
            id="running",
        ),
        pytest.param(
            waits("ImagePullBackOff", "no such image"),
            "Init container copy: The image  cannot be pulled: no such image.",
            id="without its image",
        ),
        pytest.param(
            {"state": {"running": {}}, "started": True},
            "Creating the container on node gpu-1.",
            id="one that stays beside the server",
        ),
        pytest.param(
            {"state": {"terminated": {"exitCode": 0}}},
            "Creating the container on node gpu-1.",
            id="completed",
        ),
    ],
)
def test_an_init_container_is_told_while_it_matters(state, expected):
    pod = a_pod(waits("PodInitializing"))
    pod["status"]["initContainerStatuses"] = [{"name": "copy", **state}]

    assert classify(pod).message.startswith(expected)
