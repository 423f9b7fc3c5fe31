"""Pages name every state, field, error and value there is, and quote what is said."""

import ast
import re
from functools import cache

import pytest
import yaml

import mofang
from mofang.cli.app import app
from mofang_api.models import Framework, JobSpec, JobState, ReplicaState
from mofang_api.models.delivery import Output
from mofang_docs.sections import SECTIONS
from mofang_hub.auth.scopes import CUSTOM_SCOPES
from mofang_hub.config.traits import PROTECTED_TRAITS
from mofang_spawner.kubespawner_traits import TRAITS, Rule
from support import markdown

PAGES = markdown.PAGES
REPOSITORY = markdown.REPOSITORY

SOURCES = ("hub", "spawner", "extensions/client", "helm/mofang", "extensions/training")


def page(name):
    return (PAGES / name).read_text(encoding="utf-8")


def test_every_field_of_a_job_is_told():
    told = set(re.findall(r"`([a-z_]+)", page("users/jobs.md")))
    assert set(JobSpec.model_fields) <= told


def test_every_field_that_is_told_exists():
    rows = re.findall(
        r"^\| [^|`]* \| `([^`]+)` \|", page("users/jobs.md"), re.MULTILINE
    )
    assert len(rows) > 25
    for name in rows:
        first, _, rest = name.partition(".")
        assert first.removesuffix("[]") in JobSpec.model_fields, name
        if first == "outputs[]":
            assert rest in Output.model_fields


def test_labels_that_are_told_are_those_of_the_form():
    text = "".join(
        path.read_text()
        for path in (REPOSITORY / "extensions/training/src").rglob("*.tsx")
    )
    labels = re.findall(
        r"^\| ([^|`]+) \| `[^`]+` \|", page("users/jobs.md"), re.MULTILINE
    )
    missing = [
        label
        for label in labels
        if label not in {"(none)", "Field"} and f"'{label}'" not in text
    ]
    # What the form has no input for, or under another label in the same place.
    assert missing == []


def test_every_state_is_told():
    text = page("users/states.md")
    for state in (*JobState, *ReplicaState):
        assert f"`{state}`" in text


def test_every_error_of_the_client_is_told():
    text = page("users/python.md")
    for name in mofang.__all__:
        if name.endswith("Error"):
            assert f"`{name}`" in text or f"`mofang.{name}`" in text, name


def test_every_scope_is_told():
    for scope in CUSTOM_SCOPES:
        assert f"`{scope}`" in page("administrators/security.md")


def test_every_trait_of_the_spawner_is_told_with_its_rule():
    text = SECTIONS["spawner-traits"]()
    for name, trait in TRAITS.items():
        reason = PROTECTED_TRAITS["KubeSpawner"].get(name)
        is_overruled = trait.rule is Rule.MERGED and reason
        told = (Rule.SET, reason) if is_overruled else (trait.rule, trait.note)
        assert f"| `{name}` | {told[0]} | {told[1]} |" in text


def test_every_framework_is_told_and_has_its_roles():
    text = SECTIONS["framework-starts"]()
    for framework in Framework:
        assert f"`{framework}`" in text
        assert f"| `{framework}` |" in SECTIONS["frameworks"]()


def test_every_command_and_option_is_in_the_reference():
    text = SECTIONS["commands"]()
    for name, command in app.commands.items():
        if command.hidden:
            continue
        section = text.partition(f"## mofang {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for each in command.params:
            for option in each.opts if each.param_type_name == "option" else ():
                assert option in section, (name, option)


def test_every_value_is_in_the_reference():
    text = SECTIONS["values"]()
    chart = REPOSITORY / "helm" / "mofang" / "values.yaml"
    for path in paths(yaml.safe_load(chart.read_text())):
        assert f"| `{path}` |" in text, path


RESOURCES = {"requests", "limits", "resources"}


def paths(values, above=""):
    """Return dotted paths of values, as deep as their names are the chart's."""
    for name, each in values.items():
        path = f"{above}.{name}".lstrip(".")
        is_open = name in {*("images", "selector", "labels"), *RESOURCES}
        if isinstance(each, dict) and each and not is_open:
            yield from paths(each, path)
        elif not is_open:
            yield path


@pytest.mark.parametrize("name", SECTIONS)
def test_generated_tables_have_as_many_cells_as_titles(name):
    width = None
    for line in SECTIONS[name]().splitlines():
        if not line.startswith("|"):
            width = None
            continue
        bars = len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", line)))
        width = width or bars
        assert bars == width, line


@cache
def spoken():
    """Every text in the sources, with … for what is put in."""
    found = []
    for source in SOURCES:
        for path in (REPOSITORY / source).rglob("*.py"):
            if "node_modules" not in path.parts:
                found += texts(ast.parse(path.read_text(encoding="utf-8")))
        for pattern in ("*.tpl", "*.html", "*.yaml"):
            files = (REPOSITORY / source).rglob(pattern)
            found += [
                each.read_text() for each in files if "node_modules" not in each.parts
            ]
    return " ".join("\n".join(found).split())


def texts(tree):
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        # A docstring is told to nobody.
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and node not in docstrings:
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                each.value if isinstance(each, ast.Constant) else "…"
                for each in node.values
            )


KUBERNETES = {"exceeded quota"}
"""What is quoted of others."""


def quotes():
    for path in markdown.pages():
        for quote in re.findall(r"“([^”]+)”", markdown.without_code(path)):
            yield path.relative_to(PAGES).as_posix(), quote


def unsaid(quote):
    """Return the parts of a quotation that no text of the sources has."""
    parts = (" ".join(part.split()) for part in re.split(r"…|NAME", quote))
    return [part for part in parts if len(part) > 3 and part not in spoken()]


@pytest.mark.parametrize(("name", "quote"), list(quotes()))
def test_what_is_quoted_is_said(name, quote):
    if quote not in KUBERNETES and name != "contributors/changes.md":
        assert not unsaid(quote)


def test_what_nobody_says_would_be_noticed():
    assert unsaid("The image … cannot be fetched for …") == ["cannot be fetched for"]
    assert not unsaid("The image … cannot be pulled for …")
