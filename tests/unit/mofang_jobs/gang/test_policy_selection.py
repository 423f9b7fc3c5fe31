"""Which policy is used, by what the cluster has and what is wanted."""

import pytest

from mofang_hub.settings import GangSettings
from mofang_jobs.domain.gang import ClusterCapabilities, GroupApi
from mofang_jobs.scheduling.policy_selection import select_policy
from mofang_kube.errors import InvalidError


def served(*names: str, has_admission_policy: bool = True) -> ClusterCapabilities:
    apis = [GroupApi(group=g, version=v) for g, v in (n.split("/") for n in names)]
    return ClusterCapabilities(apis=apis, has_admission_policy=has_admission_policy)


NATIVE = "scheduling.k8s.io/v1beta1"
VOLCANO = "scheduling.volcano.sh/v1beta1"
COSCHEDULING = "scheduling.x-k8s.io/v1alpha1"


@pytest.mark.parametrize(
    ("found", "scheduler", "chosen"),
    [
        pytest.param(
            served(NATIVE, VOLCANO, COSCHEDULING), "", "volcano", id="volcano"
        ),
        pytest.param(served(NATIVE, COSCHEDULING), "", "native", id="native is next"),
        pytest.param(
            served(COSCHEDULING), "gangs", "coscheduling", id="with scheduler"
        ),
        pytest.param(served(COSCHEDULING), "", "none", id="nobody reads the groups"),
        pytest.param(served(), "", "none", id="an old cluster"),
        pytest.param(
            served(NATIVE, has_admission_policy=False),
            "",
            "none",
            id="pods cannot join",
        ),
    ],
)
def test_the_best_that_is_there_is_taken(found, scheduler, chosen):
    setting = GangSettings(scheduler_name=scheduler)
    assert select_policy(found, setting).name == chosen


@pytest.mark.parametrize("wanted", ["native", "volcano", "coscheduling", "none"])
def test_what_is_wanted_is_taken(wanted):
    found = served(NATIVE, VOLCANO, COSCHEDULING)
    assert select_policy(found, GangSettings(policy=wanted)).name == wanted


@pytest.mark.parametrize(
    ("wanted", "advice"),
    [
        ("native", "GenericWorkload"),
        ("volcano", "Volcano"),
        ("coscheduling", "plugins"),
    ],
)
def test_what_is_wanted_and_absent_keeps_the_service_from_starting(wanted, advice):
    with pytest.raises(InvalidError, match=f"jobs.gang.policy is {wanted}.*{advice}"):
        select_policy(served(), GangSettings(policy=wanted))


def test_native_groups_without_the_admission_policy_are_refused():
    found = served(NATIVE, has_admission_policy=False)
    with pytest.raises(InvalidError, match=r"jobs\.gang\.admissionPolicy: always"):
        select_policy(found, GangSettings(policy="native"))


def test_the_newest_version_of_native_groups_is_used():
    found = served("scheduling.k8s.io/v1alpha3", NATIVE, "scheduling.k8s.io/v1alpha2")
    chosen = select_policy(found, GangSettings(policy="native"))
    assert chosen.api.version == "v1beta1"


def test_an_api_without_groups_that_pods_can_name_is_not_taken():
    """Kubernetes 1.35 has another field in pods."""
    found = served("scheduling.k8s.io/v1alpha1")
    assert select_policy(found, GangSettings()).name == "none"
