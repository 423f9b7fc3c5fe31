"""What docs/administrators/z2jh.md says is so."""

import json
import re

import pytest
import yaml
from chart.conftest import CHART, REPOSITORY

from mofang_hub.config.traits import PROTECTED_TRAITS

PAGE = (REPOSITORY / "docs" / "administrators" / "z2jh.md").read_text()
SNIPPETS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
KEYS = {
    "fullnameOverride",
    "nameOverride",
    "enabled",
    "custom",
    "imagePullSecret",
    "imagePullSecrets",
    "hub",
    "rbac",
    "proxy",
    "singleuser",
    "scheduling",
    "prePuller",
    "ingress",
    "httpRoute",
    "cull",
    "debug",
    "global",
}
"""Top-level keys of z2jh's chart, version 4."""


def table(heading):
    """First cells of the table below a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [re.findall(r"`([^`]+)`", row.split("|")[1]) for row in rows]


def test_each_key_of_z2jh_is_told():
    told = [name for names in table("z2jh's top-level keys") for name in names]
    assert set(told) == KEYS
    assert len(told) == len(KEYS)


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_every_example_can_be_installed(render, minimal, number):
    values = yaml.safe_load(SNIPPETS[number])
    assert render(minimal, values).of_kind("Deployment")


def test_every_value_that_is_named_exists():
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    sections = "|".join(set(schema) - {"global", "images", "jobs"})
    named = set(re.findall(rf"`((?:{sections})\.[A-Za-z.]+)[`:]", PAGE))
    # Of z2jh's, said not to be here.
    named -= {"prePuller.hook.image", "hub.extraConfig.key"}

    assert len(named) > 20
    for path in named:
        part = {"properties": schema}
        for name in path.split("."):
            assert name in part.get("properties", {}), path
            part = part["properties"][name]


def test_values_of_every_pod_are_those_told():
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    told = {
        name.split(".")[0] for names in table("Pods of the platform") for name in names
    }
    assert told | {"service"} == set(schema["training"]["properties"])


def test_all_protected_traits_are_listed():
    text = PAGE.partition("<!-- protected:begin -->")[2].partition("<!-- protected")[0]
    listed = {}
    for row in text.splitlines():
        cells = row.split("|")
        if len(cells) > 3 and "`" in row:
            for each in re.findall(r"`([^`]+)`", cells[1]):
                listed[each] = set(re.findall(r"`([^`]+)`", cells[2]))
    assert listed == {name: set(traits) for name, traits in PROTECTED_TRAITS.items()}


def test_keys_of_a_secret_of_ones_own_are_those_that_are_read(render, minimal):
    told = {name for names in table("Keys that do not change") for name in names}
    rendered = render(
        minimal,
        {
            "auth": {"sharedPassword": {"userPassword": ""}},
            "hub": {"existingSecret": "ours", "db": {"type": "url"}},
            "metrics": {"serviceMonitor": {"enabled": True}},
        },
    )
    pod = rendered.get("Deployment", "hub")["spec"]["template"]["spec"]
    [secret] = [e["secret"] for e in pod["volumes"] if e["name"] == "secrets"]
    read = {item["key"] for item in secret["items"]} - {"prometheus-token"}

    others = {"crypt-key", "oauth-client-secret", "db-password", "<name>-token"}
    assert told == read | others
