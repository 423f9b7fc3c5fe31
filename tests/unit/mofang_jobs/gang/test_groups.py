"""What pods carry and which PodGroup is made, for each of the policies."""

import jsonschema
import pytest

from mofang_api.models import Priority
from mofang_jobs.scheduling.coscheduling import CoschedulingPolicy
from mofang_jobs.scheduling.native import NativePolicy
from mofang_jobs.scheduling.ungrouped import UngroupedPolicy
from mofang_jobs.scheduling.volcano import VolcanoPolicy

EVERY = [
    NativePolicy("v1beta1"),
    VolcanoPolicy(),
    CoschedulingPolicy("gangs"),
    UngroupedPolicy(),
]
WITH_GROUPS = EVERY[:3]


def named(policy):
    return policy.name


MIXED = {
    "framework": "tensorflow",
    "replicas": 3,
    "resources": {"cpu": "1500m", "memory": "2Gi", "gpu": 1},
    "roles": {
        "chief": {"replicas": 1},
        "ps": {
            "replicas": 2,
            "resources": {"cpu": "250m", "memory": "512Mi", "gpu": 0},
        },
    },
}


def test_a_native_group_is_never_broken_up(gang, owner):
    group = NativePolicy("v1beta1").build_group(gang(replicas=4), owner)

    assert group["apiVersion"] == "scheduling.k8s.io/v1beta1"
    assert group["spec"] == {
        "schedulingPolicy": {"gang": {"minCount": 4}},
        "disruptionMode": {"all": {}},
        "priorityClassName": "mofang-normal",
    }


def test_an_older_kubernetes_is_told_so_in_its_own_words(gang, owner):
    group = NativePolicy("v1alpha2").build_group(gang(replicas=2), owner)
    assert group["spec"]["disruptionMode"] == "PodGroup"


def test_volcano_takes_its_group(gang, owner, check):
    policy = VolcanoPolicy("team-$(project)")
    group = policy.build_group(gang(**MIXED), owner)

    check("volcano", group)
    assert group["spec"] == {
        "minMember": 6,
        "minResources": {"cpu": "6.5", "memory": "9663676416", "nvidia.com/gpu": "3"},
        "queue": "team-vision",
        "priorityClassName": "mofang-normal",
    }


def test_coscheduling_takes_its_group(gang, owner, check):
    group = CoschedulingPolicy().build_group(gang(**MIXED), owner)

    check("coscheduling", group)
    assert group["spec"]["minMember"] == 6
    assert group["spec"]["minResources"]["nvidia.com/gpu"] == "3"


@pytest.mark.parametrize("product", ["volcano", "coscheduling"])
def test_a_field_that_a_definition_lacks_is_found(gang, owner, check, product):
    """The two tests above could fail."""
    policy = VolcanoPolicy() if product == "volcano" else CoschedulingPolicy()
    group = policy.build_group(gang(), owner)
    group["spec"]["minMembers"] = 2

    with pytest.raises(jsonschema.ValidationError, match="minMembers"):
        check(product, group)


def test_what_nobody_asks_for_is_not_among_the_least_resources(gang, owner):
    group = VolcanoPolicy().build_group(gang(replicas=1), owner)
    assert set(group["spec"]["minResources"]) == {"cpu", "memory"}


@pytest.mark.parametrize("policy", WITH_GROUPS, ids=named)
def test_a_group_goes_with_the_job(gang, owner, policy):
    metadata = policy.build_group(gang(), owner)["metadata"]

    assert metadata["name"] == "train-x1y2z3"
    assert metadata["namespace"] == "mofang-project-vision"
    assert metadata["labels"] == {"mofang.dev/job": "train-x1y2z3"}
    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "name": "train-x1y2z3",
            "uid": "u-1",
            "controller": True,
        }
    ]


@pytest.mark.parametrize("policy", WITH_GROUPS, ids=named)
def test_a_group_is_read_where_it_was_made(gang, owner, policy):
    asked = gang()
    api_version = policy.build_group(asked, owner)["apiVersion"]
    assert policy.api.path == f"/apis/{api_version}/podgroups"
    assert policy.api.path_of(asked) == (
        f"/apis/{api_version}/namespaces/mofang-project-vision/podgroups/train-x1y2z3"
    )


@pytest.mark.parametrize("policy", EVERY, ids=named)
@pytest.mark.parametrize("priority", Priority)
def test_pods_carry_their_priority(gang, policy, priority):
    scheduling_metadata = policy.scheduling_metadata(gang(priority=priority))
    assert scheduling_metadata.priority_class == f"mofang-{priority}"


@pytest.mark.parametrize("priority", Priority)
def test_a_native_group_has_the_priority_of_its_pods(gang, owner, priority):
    """Kubernetes places no group whose priority differs from that of its pods."""
    asked, policy = gang(priority=priority), NativePolicy("v1beta1")
    group = policy.build_group(asked, owner)
    assert (
        group["spec"]["priorityClassName"]
        == policy.scheduling_metadata(asked).priority_class
    )


def test_pods_say_which_group_is_theirs(gang):
    native, volcano, coscheduling, none = (
        each.scheduling_metadata(gang()) for each in EVERY
    )

    assert native.labels == {"mofang.dev/pod-group": "train-x1y2z3"}
    assert not native.scheduler
    assert volcano.annotations == {
        "scheduling.k8s.io/group-name": "train-x1y2z3",
        "scheduling.volcano.sh/queue-name": "default",
    }
    assert volcano.scheduler == "volcano"
    assert coscheduling.labels == {"scheduling.x-k8s.io/pod-group": "train-x1y2z3"}
    assert coscheduling.scheduler == "gangs"
    assert not none.labels
    assert not none.scheduler


def test_without_gangs_no_group_is_made(gang, owner):
    assert UngroupedPolicy().build_group(gang(), owner) is None
    assert UngroupedPolicy().api is None
