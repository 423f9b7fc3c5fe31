"""What the pages for administrators say of the chart is so."""

import json
import re

import pytest
import yaml
from chart.conftest import CHART, REPOSITORY

from mofang_docs.sections import SECTIONS
from mofang_hub.config.traits import PROTECTED_TRAITS
from support import markdown

FOLDER = REPOSITORY / "docs" / "administrators"
PAGES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.md"))}
EXAMPLES = [
    block
    for path in sorted(FOLDER.glob("*.md"))
    for block in markdown.blocks(path)
    if block.title == "values.yaml"
]
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


def table(page, heading):
    """First cells of the table below a heading of a page."""
    section = PAGES[page].partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [re.findall(r"`([^`]+)`", row.split("|")[1]) for row in rows]


def test_each_key_of_z2jh_is_told():
    told = [name for names in table("z2jh", "z2jh's top-level keys") for name in names]
    assert set(told) == KEYS
    assert len(told) == len(KEYS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_every_example_can_be_installed(render, minimal, example):
    values = yaml.safe_load(example.text)
    needed = {name: each for name, each in minimal.items() if name not in values}
    # Where files live is said once; other examples are of what else storage has.
    storage = {**minimal["storage"], **values.pop("storage", {})}
    needed["storage"] = storage
    assert render(needed, values).of_kind("Deployment")


def test_every_value_that_is_named_exists():
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    sections = "|".join(set(schema) - {"global", "images", "jobs"})
    named = set(
        re.findall(rf"`((?:{sections})\.[A-Za-z.]+)[`:]", "\n".join(PAGES.values()))
    )
    # Of z2jh's, said not to be here.
    named -= {"prePuller.hook.image", "hub.extraConfig.key"}

    assert len(named) > 40
    for path in named:
        part = {"properties": schema}
        for name in path.split("."):
            assert name in part.get("properties", {}), path
            part = part["properties"][name]


def test_values_of_every_pod_are_those_told():
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    rows = table("z2jh", "Pods of the platform")
    told = {name.split(".")[0] for names in rows for name in names}
    assert told | {"service"} == set(schema["training"]["properties"])


def test_all_protected_traits_are_listed():
    text = SECTIONS["protected-traits"]()
    rules = dict(
        re.findall(
            r"^\| `(\w+)` \| ([^|]+) \|", SECTIONS["spawner-traits"](), re.MULTILINE
        )
    )
    rules |= dict.fromkeys(
        re.findall(r"^\| `MofangSpawner` \| `(\w+)`", text, re.MULTILINE)
    )
    for name, traits in PROTECTED_TRAITS.items():
        for trait in traits:
            if name.endswith("Spawner"):
                assert rules[trait] in {"refused", "set by Mofang", None}, trait
            else:
                assert f"| `{name}` | `{trait}` |" in text


def test_keys_of_a_secret_of_ones_own_are_those_that_are_read(render, minimal):
    told = {
        name for names in table("upgrade", "Keys that do not change") for name in names
    }
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
