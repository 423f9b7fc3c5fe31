import re
from decimal import Decimal

import jsonschema
import pytest
import yaml

from mofang_images.sources import read_sources

from .conftest import REPOSITORY

ENTRIES = sorted((REPOSITORY / "images" / "catalog").glob("*.yaml"))
SUFFIXES = {"": 1, "m": Decimal("0.001"), "Mi": 2**20, "Gi": 2**30}


def entry_name(path):
    return path.stem


@pytest.fixture(params=ENTRIES, ids=entry_name)
def entry(request):
    return yaml.safe_load(request.param.read_text()) | {"file": request.param.stem}


@pytest.fixture(scope="module")
def schema():
    crd = REPOSITORY / "helm" / "mofang" / "crds" / "environments.mofang.dev.yaml"
    return yaml.safe_load(crd.read_text())["spec"]["versions"][0]["schema"]


def strict(schema):
    """Refuse unknown fields, as the API server does for strict requests."""
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "properties" in made and "additionalProperties" not in made:
        made["properties"] = {k: strict(v) for k, v in schema["properties"].items()}
        made["additionalProperties"] = False
    if made.pop("x-kubernetes-int-or-string", False):
        made["type"] = ["integer", "string"]
    return made


def amount(quantity):
    number, suffix = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()
    return Decimal(number) * SUFFIXES[suffix]


def test_the_cluster_would_take_it(entry, schema):
    spec_schema = schema["openAPIV3Schema"]["properties"]["spec"]

    jsonschema.validate(entry["spec"], strict(spec_schema))
    assert (entry["apiVersion"], entry["kind"]) == (
        "mofang.dev/v1alpha1",
        "Environment",
    )


def test_its_file_is_named_like_it(entry):
    name = entry["metadata"]["name"]

    assert name == entry["file"]
    assert re.fullmatch(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?", name)


def test_one_click_takes_what_its_bounds_allow(entry):
    for bounds in entry["spec"]["resources"].values():
        default = amount(bounds["default"])
        assert amount(bounds.get("min", default)) <= default <= amount(bounds["max"])


def test_its_image_is_one_we_build(entry, repository):
    assert entry["spec"]["image"] in read_sources(repository / "images")


def test_no_two_stand_in_the_same_place():
    orders = [yaml.safe_load(path.read_text())["spec"]["order"] for path in ENTRIES]

    assert len(set(orders)) == len(orders)
