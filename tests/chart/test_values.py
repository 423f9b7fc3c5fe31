"""Values are checked before anything is installed."""

import json
import subprocess
import sys

import pytest
import yaml
from chart.conftest import CHART


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"sotrage": {}}, "sotrage", id="a misspelt section"),
        pytest.param({"hub": {"replicas": 2}}, "replicas", id="an unknown value"),
        pytest.param({"auth": {"method": "none"}}, "method", id="an unknown log-in"),
        pytest.param(
            {"culling": {"noticeMinutes": 14}}, "noticeMinutes", id="a short notice"
        ),
        pytest.param(
            {"culling": {"users": {"ada": {"noticeMinutes": 1}}}},
            "noticeMinutes",
            id="a short notice for one person",
        ),
        pytest.param(
            {"auth": {"sharedPassword": {"userPassword": "short"}}},
            "userPassword",
            id="a short password",
        ),
        pytest.param(
            {"auth": {"oauth": {"config": {"client_secret": "x"}}}},
            "config",
            id="a secret among settings",
        ),
        pytest.param(
            {"projects": {"Vision!": {"displayName": "V"}}}, "Vision!", id="a bad name"
        ),
        pytest.param({"egress": {"exceptCidrs": ["10/8"]}}, "10/8", id="a bad network"),
        pytest.param({"publicUrl": "hub.example.org"}, "publicUrl", id="no scheme"),
        pytest.param(
            {"storage": {"root": {"persistentVolume": None}}},
            "Name where files live",
            id="nowhere to keep files",
        ),
        pytest.param(
            {"ephemeralStorage": {"cache": [{"gpu": 8}]}}, "size", id="no size"
        ),
        pytest.param(
            {"ephemeralStorage": {"cache": [{"size": "50 GB"}]}},
            "50 GB",
            id="a size that is none",
        ),
        pytest.param(
            {"ephemeralStorage": {"cache": [{"size": "50G", "gpus": 8}]}},
            "gpus",
            id="an unknown resource",
        ),
        pytest.param(
            {"ephemeralStorage": {"cache": {"size": "50G"}}},
            "ephemeralStorage/cache",
            id="a size that is in no list",
        ),
        pytest.param(
            {"images": {"hub": {"tag": ""}}}, "images.hub.tag is empty", id="no image"
        ),
    ],
)
def test_bad_values_are_refused_by_name(values, said, refusal, minimal):
    assert said in refusal(minimal, values)


def test_the_schema_is_the_one_of_its_source():
    """Run helm/mofang/write_schema.py after a change of values.schema.yaml."""
    command = [sys.executable, str(CHART / "write_schema.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_every_default_is_in_the_schema_and_the_other_way_round():
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(values) == set(schema["properties"]) - {"global"}


def test_every_value_is_described():
    schema = json.loads((CHART / "values.schema.json").read_text())
    for name, part in schema["properties"].items():
        assert "description" in part, name


def test_every_default_is_allowed_by_the_schema_at_any_depth():
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def missing(part, declared, path):
        for name, value in part.items():
            known = declared.get("properties", {})
            if name not in known:
                if declared.get("additionalProperties") is False:
                    yield f"{path}.{name}"
            elif isinstance(value, dict):
                yield from missing(value, known[name], f"{path}.{name}")

    assert list(missing(values, schema, "")) == []


def test_every_value_of_a_section_has_a_default():
    """The table of values in the docs is made from the defaults."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for name, part in schema["properties"].items():
        for each in part.get("properties", {}) if name != "global" else ():
            assert each in values[name], f"{name}.{each}"
