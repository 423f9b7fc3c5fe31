"""Gangs and priorities of jobs: what the chart installs for them, and when."""

import pytest

from mofang.models import JobSpec, Priority
from mofang_hub.config.settings import Settings
from mofang_hub.jobs.gang import Gang, NativeGang
from mofang_hub.jobs.gang.discovery import ADMISSION_POLICY
from mofang_hub.jobs.gang.native import LABEL
from mofang_hub.jobs.gang.priorities import priority_class
from mofang_hub.jobs.models import NewJob


def with_gang(**gang):
    return {"jobs": {"gang": gang}}


@pytest.fixture
def native(render, minimal):
    """Rendered where the policy is wanted whatever the cluster serves."""
    return render(minimal, with_gang(admissionPolicy="always"))


def test_pods_join_their_groups_by_the_label_that_the_service_gives(native):
    job = NewJob(
        id="train-x1y2z3",
        project="vision",
        owner="ada",
        spec=JobSpec(name="train", image="pytorch", script="train.py"),
    )
    (label,) = NativeGang("v1beta1").marks(Gang.of(job)).labels
    policy = native.get("MutatingAdmissionPolicy", ADMISSION_POLICY)["spec"]

    assert label == LABEL
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
    assert not rendered.of_kind("MutatingAdmissionPolicy")
    assert not rendered.of_kind("MutatingAdmissionPolicyBinding")


def test_an_administrator_can_keep_it_out(render, minimal):
    rendered = render(minimal, with_gang(policy="native", admissionPolicy="never"))
    assert not rendered.of_kind("MutatingAdmissionPolicy")


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
    assert settings.jobs.keep_days == 30


def test_an_unknown_policy_is_refused(refusal, minimal):
    assert "policy" in refusal(minimal, with_gang(policy="magic"))
