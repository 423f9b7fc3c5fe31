"""The definitions of our custom resources."""

import pytest
import yaml
from chart.conftest import CHART

CONDITION = {
    "type",
    "status",
    "observedGeneration",
    "lastTransitionTime",
    "reason",
    "message",
}


@pytest.fixture
def version():
    """The served version of Environment."""
    text = (CHART / "crds" / "environments.mofang.dev.yaml").read_text()
    (found,) = yaml.safe_load(text)["spec"]["versions"]
    return found


def test_whoever_provides_images_may_write_the_status_alone(version):
    """It needs no right on what an environment is made of."""
    assert version["subresources"] == {"status": {}}


def test_conditions_are_those_of_kubernetes(version):
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    conditions = status["properties"]["conditions"]

    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert set(conditions["items"]["properties"]) == CONDITION
    assert set(conditions["items"]["required"]) == CONDITION - {"observedGeneration"}
    states = conditions["items"]["properties"]["status"]["enum"]
    assert states == ["True", "False", "Unknown"]


def test_kubectl_shows_whether_the_image_is_there(version):
    columns = {each["name"]: each for each in version["additionalPrinterColumns"]}

    path = columns["Available"]["jsonPath"]
    assert path == '.status.conditions[?(@.type=="ImageAvailable")].status'


def test_who_writes_environments(chart):
    """What the hub and the reconciler write is bounded by policies of their own."""
    writes = {}
    for role in chart.of_kind("Role", "ClusterRole"):
        for rule in role["rules"]:
            for resource in rule["resources"]:
                verbs = set(rule["verbs"]) - {"get", "list", "watch"}
                if resource.startswith("environments") and verbs:
                    writes[role["metadata"]["name"], resource] = verbs
    assert writes == {
        ("mofang-hub", "environments"): {"create", "patch", "delete"},
        ("mofang-reconciler", "environments"): {"patch"},
        ("mofang-reconciler", "environments/status"): {"patch"},
    }


def test_projects_and_environments_declare_data_sources_alike(version):
    text = (CHART / "crds" / "projects.mofang.dev.yaml").read_text()
    (project,) = yaml.safe_load(text)["spec"]["versions"]

    def items(found):
        spec = found["schema"]["openAPIV3Schema"]["properties"]["spec"]
        return spec["properties"]["dataSources"]["items"]

    assert items(project) == items(version)
    assert items(project)["properties"]["readOnly"]["default"] is True
