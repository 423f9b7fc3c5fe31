"""Gangs and priorities of jobs: what the chart installs for them, and when."""

import pytest

from mofang_api.models import JobSpec, Priority
from mofang_hub.settings import Settings
from mofang_jobs.adapters.pod_group_discovery import ADMISSION_POLICY
from mofang_jobs.domain.environments import role_disks
from mofang_jobs.domain.gang import Gang, priority_class
from mofang_jobs.domain.models import JobRequest
from mofang_jobs.scheduling.native import NativePolicy
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.names import POD_GROUP_LABEL


def with_gang(**gang):
    return {"jobs": {"gang": gang}}


def of_gangs(rendered, kind):
    """Objects of a kind that gangs need; launchers have one of their own."""
    found = rendered.of_kind(kind)
    return [each for each in found if each["metadata"]["name"] == ADMISSION_POLICY]


@pytest.fixture
def native(render, minimal):
    """Rendered where the policy is wanted whatever the cluster serves."""
    return render(minimal, with_gang(admissionPolicy="always"))


def test_pods_join_their_groups_by_the_label_that_the_service_gives(native):
    spec = JobSpec(name="train", image="pytorch", script="train.py")
    job = JobRequest(
        id="train-x1y2z3",
        project="vision",
        owner="ada",
        spec=spec,
        disks=role_disks(spec, None, EphemeralStorage()),
    )
    (label,) = NativePolicy("v1beta1").scheduling_metadata(Gang.of(job)).labels
    policy = native.get("MutatingAdmissionPolicy", ADMISSION_POLICY)["spec"]

    assert label == POD_GROUP_LABEL
    (selected,) = policy["matchConstraints"]["objectSelector"]["matchExpressions"]
    assert selected == {"key": label, "operator": "Exists"}
    expression = policy["mutations"][0]["jsonPatch"]["expression"]
    assert f'object.metadata.labels["{label}"]' in expression


def test_only_pods_of_projects_are_changed(native):
    constraints = native.get("MutatingAdmissionPolicy", ADMISSION_POLICY)["spec"][
        "matchConstraints"
    ]

    assert constraints["namespaceSelector"] == {
        "matchExpressions": [{"key": "mofang.dev/project", "operator": "Exists"}]
    }
    assert constraints["resourceRules"] == [
        {
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "operations": ["CREATE"],
            "resources": ["pods"],
        }
    ]


def test_a_pod_that_cannot_join_is_not_made(native):
    policy = native.get("MutatingAdmissionPolicy", ADMISSION_POLICY)["spec"]
    assert policy["failurePolicy"] == "Fail"


def test_the_policy_is_bound(native):
    binding = native.get("MutatingAdmissionPolicyBinding", ADMISSION_POLICY)
    assert binding["spec"] == {"policyName": ADMISSION_POLICY}


@pytest.mark.parametrize(
    "gang",
    [
        pytest.param({"policy": "volcano"}, id="Volcano's pods join by annotation"),
        pytest.param({"policy": "coscheduling"}, id="coscheduling reads its own label"),
        pytest.param({"policy": "none"}, id="no gangs are wanted"),
    ],
)
def test_other_policies_install_none(render, minimal, gang):
    rendered = render(minimal, with_gang(admissionPolicy="always", **gang))
    assert not of_gangs(rendered, "MutatingAdmissionPolicy")
    assert not of_gangs(rendered, "MutatingAdmissionPolicyBinding")


def test_an_administrator_can_keep_it_out(render, minimal):
    rendered = render(minimal, with_gang(policy="native", admissionPolicy="never"))
    assert not of_gangs(rendered, "MutatingAdmissionPolicy")


def test_each_priority_has_a_class_that_never_preempts(chart):
    assert chart.names("PriorityClass") == sorted(map(priority_class, Priority))
    for each in chart.of_kind("PriorityClass"):
        assert each["preemptionPolicy"] == "Never"
        assert "globalDefault" not in each


def test_classes_are_ordered_as_priorities_are_and_above_servers(chart):
    values = [
        chart.get("PriorityClass", priority_class(each))["value"]
        for each in sorted(Priority, key=lambda each: each.rank)
    ]
    assert values == sorted(set(values))
    assert values[0] > 0


def test_a_priority_below_servers_is_refused(refusal, minimal):
    assert "priorities" in refusal(minimal, {"priorities": {"low": 0}})


def test_the_service_reads_what_is_said_of_gangs(render, minimal):
    said = {"policy": "volcano", "schedulerName": "vc", "volcanoQueue": "q-$(project)"}
    rendered = render(minimal, with_gang(**said))
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )

    assert settings.jobs.gang.policy == "volcano"
    assert settings.jobs.gang.scheduler_name == "vc"
    assert settings.jobs.gang.volcano_queue == "q-$(project)"
    assert settings.jobs.ttl_days_after_finished == 30


def test_an_unknown_policy_is_refused(refusal, minimal):
    assert "policy" in refusal(minimal, with_gang(policy="magic"))


def test_launchers_of_mpi_jobs_lose_the_rights_that_restricted_pods_may_not_have(
    native,
):
    policy = native.get("MutatingAdmissionPolicy", "mofang-mpi-launchers")["spec"]

    constraints = policy["matchConstraints"]
    assert constraints["objectSelector"] == {
        "matchLabels": {"mofang.dev/role": "launcher"}
    }
    assert constraints["namespaceSelector"]["matchExpressions"][0]["key"] == (
        "mofang.dev/project"
    )
    (condition,) = policy["matchConditions"]
    assert 'c.name == "kubectl-delivery"' in condition["expression"]
    expression = policy["mutations"][0]["jsonPatch"]["expression"]
    assert "allowPrivilegeEscalation: false" in expression
    assert 'drop: ["ALL"]' in expression


def test_without_admission_policies_there_is_none_for_launchers(render, minimal):
    rendered = render(minimal, with_gang(admissionPolicy="never"))
    assert not rendered.of_kind("MutatingAdmissionPolicy")
