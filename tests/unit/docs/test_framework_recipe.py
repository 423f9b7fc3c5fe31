"""One file adds a framework: all that reads declarations knows it then."""

import shutil
from pathlib import Path

import pytest

import mofang_api
from support import markdown
from support.recipes import run_with_packages

DECLARATION = """
from mofang_api.declarations import Example, FrameworkDeclaration, workers

DECLARATION = FrameworkDeclaration(
    name="abacus",
    order=65,
    title="Abacus",
    form_label="Abacus (beads)",
    description="the program in every worker, with the address of the frame",
    roles=(workers(description="moves beads"),),
    port=8786,
    variables={"ABACUS_FRAME": "{leader_host}:{port}"},
    environment="base",
    examples=(Example(script="abacus/train.py", options="--replicas 2"),),
    examples_show="sums that are spread over workers",
)
"""

PROGRAM = """
import importlib.util, json, sys
from click.testing import CliRunner
from mofang.cli.app import app
from mofang_api.models import Framework, role_rules
from mofang_api.models.schema import build_schemas
from mofang_docs.sections import SECTIONS
from mofang_jobs.api.openapi import build_document
from mofang_jobs.engines.registry import KINDS, select_kind

spec = importlib.util.spec_from_file_location("writer", sys.argv[1])
writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(writer)
framework = Framework("abacus")
kinds = {kind.kind for kind in KINDS if framework in kind.roles}
print(json.dumps({
    "kinds": sorted(kinds),
    "preferred": select_kind(framework, None, KINDS).kind,
    "accepted": framework.is_known and [rule.name for rule in role_rules(framework)],
    "schema of the form": json.dumps(build_schemas()),
    "texts of the form": writer.form_module(),
    "wrapper": writer.wrapper_module(),
    "example": writer.example_commands() + writer.example_table(),
    "command line": CliRunner().invoke(app, ["submit", "--help"]).output,
    "REST": json.dumps(build_document()),
    **{name: SECTIONS[name]() for name in SECTIONS if name.startswith("framework")},
    "engines": SECTIONS["engines"](),
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What everything says in a platform with one declaration more."""
    site = tmp_path_factory.mktemp("site")
    package = Path(mofang_api.__file__).parent
    shutil.copytree(package, site / "mofang_api")
    declaration = site / "mofang_api" / "frameworks" / "abacus.py"
    declaration.write_text(DECLARATION)
    writer = markdown.REPOSITORY / "extensions" / "client" / "write_frameworks.py"
    paths = (site, markdown.REPOSITORY / "docs")
    return run_with_packages(PROGRAM, str(writer), paths=paths)


def test_the_service_accepts_it_and_an_engine_runs_it(found):
    assert found["accepted"] == ["worker"]
    assert found["preferred"] == "PyTorchJob"
    assert {"PyTorchJob", "TrainJob", "JobSet"} <= set(found["kinds"])


@pytest.mark.parametrize(
    "where",
    [
        "schema of the form",
        "texts of the form",
        "wrapper",
        "example",
        "command line",
        "REST",
        "engines",
    ],
)
def test_it_is_known(found, where):
    assert "abacus" in found[where]


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("frameworks", "moves beads"),
        ("framework-starts", "with the address of the frame"),
        ("framework-examples", "abacus/train.py --framework abacus"),
    ],
)
def test_it_is_in_the_tables_of_the_site(found, section, text):
    assert text in found[section]


def test_the_form_says_what_is_started(found):
    assert "Abacus (beads)" in found["texts of the form"]
