"""What people are told of a gang that was let in and does not run.

Kubernetes' messages are those of a 1.37 cluster with two machines of four GPUs.
"""

import pytest

from mofang_jobs.scheduling.coscheduling import CoschedulingPolicy
from mofang_jobs.scheduling.native import NativePolicy
from mofang_jobs.scheduling.ungrouped import UngroupedPolicy
from mofang_jobs.scheduling.volcano import VolcanoPolicy

NATIVE = NativePolicy("v1beta1")
NO_ROOM = (
    "minCount (5) cannot be satisfied: 1 scheduled, 3 remaining, pod group preemption: "
    "No preemption victims found for incoming preemptor"
)
ASKED = {"replicas": 5, "resources": {"cpu": "100m", "memory": "64Mi", "gpu": 3}}
REQUEST = (
    "Waiting for enough free resources for 5 workers (3 GPUs, 0.1 cores, 64 MiB of "
    "memory each)."
)


def native(**condition):
    condition = {"type": "PodGroupInitiallyScheduled", **condition}
    return {"status": {"conditions": [condition]}}


@pytest.fixture
def pods(pod):
    """Five, of which the first tells what machines lack."""
    first = (
        "0/4 nodes are available: 2 Insufficient nvidia.com/gpu, 2 node(s) didn't "
        "match Pod's node affinity/selector."
    )
    return [
        pod(0, unschedulable=first),
        *(pod(n, unschedulable=NO_ROOM) for n in range(1, 5)),
    ]


def test_a_gang_too_big_says_what_must_be_free_and_what_is(gang, pods):
    group = native(status="False", reason="Unschedulable", message=NO_ROOM)

    assert NATIVE.pending_reason(gang(**ASKED), group, pods) == (
        f"{REQUEST} At the last scheduling attempt there were enough for 1 of the 5. "
        "worker-0 cannot be scheduled: of 4 nodes, 2 have too few free GPUs, 2 do not "
        "match its node affinity or tolerations."
    )


def test_room_for_none_is_said_so(gang, pod):
    message = NO_ROOM.replace("1 scheduled", "0 scheduled")
    group = native(status="False", reason="Unschedulable", message=message)
    pods = [pod(n) for n in range(5)]

    assert NATIVE.pending_reason(gang(**ASKED), group, pods) == (
        f"{REQUEST} At the last scheduling attempt there were enough for none of them."
    )


def test_a_message_in_other_words_leaves_the_wish(gang, pods):
    group = native(status="False", reason="Unschedulable", message="new words")
    text = NATIVE.pending_reason(gang(**ASKED), group, pods[1:] + pods[1:2])
    assert text == REQUEST


def test_roles_that_differ_are_listed(gang, pod):
    asked = {
        "framework": "tensorflow",
        "replicas": 2,
        "resources": {"cpu": "1", "memory": "1Gi", "gpu": 1},
        "roles": {"chief": {"replicas": 1}, "ps": {"replicas": 2}},
    }
    text = NATIVE.pending_reason(gang(**asked), {}, [pod(n) for n in range(5)])
    assert text == (
        "Waiting for enough free resources for 1 chief (1 core, 1 GiB of "
        "memory), 2 workers (1 GPU, 1 core, 1 GiB of memory each) and 2 ps (1 core, "
        "1 GiB of memory each)."
    )


def test_a_gang_that_is_placed_waits_for_nothing(gang, pods):
    group = native(status="True", reason="Scheduled")
    assert NATIVE.pending_reason(gang(**ASKED), group, pods) is None


def test_pods_that_are_not_made_yet_are_waited_for(gang, pod):
    text = NATIVE.pending_reason(gang(**ASKED), {}, [pod(0), pod(1)])
    assert text == ("Waiting for all of its pods: 2/5 created.")


def test_an_error_of_the_scheduler_is_an_administrators(gang, pods):
    message = "all pods in a single pod group should have the same priority"
    group = native(status="False", reason="SchedulerError", message=message)
    text = NATIVE.pending_reason(gang(**ASKED), group, pods)
    assert text == (
        f"Kubernetes cannot place its replicas: {message}. Tell an administrator."
    )


@pytest.mark.parametrize(
    "policy",
    [NATIVE, VolcanoPolicy(), CoschedulingPolicy()],
    ids=lambda each: each.name,
)
def test_a_group_that_is_absent_is_named(gang, pods, policy):
    text = policy.pending_reason(gang(**ASKED), None, pods)
    assert text.startswith("The PodGroup train-x1y2z3 of its pods does not exist.")


def volcano(phase, message=""):
    condition = {"type": "Unschedulable", "status": "True", "message": message}
    return {"status": {"phase": phase, "conditions": [condition] if message else []}}


def test_volcanos_queue_is_named_while_it_holds_the_gang(gang, pods):
    policy = VolcanoPolicy("team-$(project)")
    said = "queue resource quota insufficient"
    text = policy.pending_reason(gang(**ASKED), volcano("Pending", said), pods)
    assert text == (
        "It waits until Volcano's queue team-vision admits it. Volcano says: queue "
        "resource quota insufficient."
    )


def test_volcano_says_what_it_lacks(gang, pod):
    said = "5/5 tasks in gang unschedulable: pod group is not ready, 5 Pending"
    pods = [pod(n) for n in range(5)]
    text = VolcanoPolicy().pending_reason(gang(**ASKED), volcano("Inqueue", said), pods)
    assert text == f"{REQUEST} Volcano says: {said}."


@pytest.mark.parametrize("phase", ["Running", "Unknown", "Completed"])
def test_a_gang_that_volcano_placed_waits_for_nothing(gang, pods, phase):
    group = volcano(phase, "an old message")
    assert VolcanoPolicy().pending_reason(gang(**ASKED), group, pods) is None


def test_coscheduling_tells_by_its_pods(gang, pods):
    group = {"status": {"phase": "Pending"}}
    text = CoschedulingPolicy().pending_reason(gang(**ASKED), group, pods)
    assert text.startswith(f"{REQUEST} worker-0 cannot be scheduled: of 4 nodes, 2 ")


def test_a_gang_that_coscheduling_placed_waits_for_nothing(gang, pod):
    pods = [pod(n, node="gpu-1") for n in range(5)]
    group = {"status": {"phase": "Scheduling"}}
    assert CoschedulingPolicy().pending_reason(gang(**ASKED), group, pods) is None


def test_without_gangs_each_pod_speaks_for_itself(gang, pods):
    assert UngroupedPolicy().pending_reason(gang(**ASKED), None, pods) is None
