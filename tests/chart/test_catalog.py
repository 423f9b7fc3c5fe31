"""Environments and projects become resources."""

import pytest
import yaml
from chart.conftest import REPOSITORY

FOLDER = REPOSITORY / "images" / "catalog"
CATALOG = sorted(FOLDER.glob("*.yaml"))
VERSIONS = yaml.safe_load((FOLDER / "versions" / "images.yaml").read_text())


@pytest.mark.parametrize("path", CATALOG, ids=lambda path: path.stem)
def test_every_file_of_the_catalogue_becomes_an_environment(path, chart):
    written = yaml.safe_load(path.read_text())
    made = chart.get("Environment", written["metadata"]["name"])

    image = written["spec"].pop("image")
    assert made["spec"].pop("image") == f"docker.io/mofang/{image}:{image}-1"
    assert made["spec"].pop("versions") == VERSIONS[image]
    assert made["spec"] == written["spec"]


@pytest.mark.parametrize(
    ("change", "versions"),
    [
        pytest.param({"image": "pytorch-gpu"}, VERSIONS["pytorch-gpu"], id="an image"),
        pytest.param(
            {"versions": [{"name": "Ours", "version": "1"}]},
            [{"name": "Ours", "version": "1"}],
            id="an administrator's own",
        ),
    ],
)
def test_versions_are_those_of_the_image_unless_given(
    render, minimal, change, versions
):
    images = {"pytorch-gpu": {"tag": "1"}}
    values = {"environments": {"pytorch-gpu": change}, "images": images}
    spec = render(minimal, values).get("Environment", "pytorch-gpu")["spec"]

    assert spec["versions"] == versions


def test_an_image_of_somebody_else_says_nothing_of_ours(render, minimal):
    change = {"pytorch": {"image": "registry.example.org/ours:1"}}
    rendered = render(minimal, {"environments": change})

    assert "versions" not in rendered.get("Environment", "pytorch")["spec"]


def test_values_change_an_environment(render, minimal):
    memory = {"default": "4Gi", "max": "64Gi"}
    change = {"base": {"displayName": "Ours", "resources": {"memory": memory}}}
    spec = render(minimal, {"environments": change}).get("Environment", "base")["spec"]

    assert spec["displayName"] == "Ours"
    assert spec["resources"]["memory"]["max"] == "64Gi"
    assert "cpu" in spec["resources"]


def test_values_add_and_leave_out_environments(render, minimal):
    added = {
        "displayName": "Ours",
        "image": "registry.example.org/ours:1",
        "access": {"everyone": True},
        "resources": {"cpu": {"default": "1"}, "memory": {"default": "1Gi"}},
    }
    rendered = render(minimal, {"environments": {"ours": added, "base": None}})

    assert rendered.get("Environment", "ours")["spec"] == added
    assert "base" not in rendered.names("Environment")


def test_projects_stay_when_they_leave_the_values(local_chart):
    assert local_chart.names("Project") == ["speech", "vision"]
    vision = local_chart.get("Project", "vision")
    assert vision["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_what_people_keep_outlives_the_release(chart):
    for each in chart.of_kind("PersistentVolume", "PersistentVolumeClaim"):
        assert each["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    for volume in chart.of_kind("PersistentVolume"):
        assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
