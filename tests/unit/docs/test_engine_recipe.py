"""A name, a module and a line add an engine: all that asks the registry has it then."""

import re
import shutil
from pathlib import Path

import pytest

import mofang_api
import mofang_jobs
from support import markdown
from support.recipes import run_with_packages

PROGRAM = """
import asyncio, json
from datetime import timedelta
from mofang_api.models import Engine, Framework, JobSpec
from mofang_api.models.schema import build_schemas
from mofang_docs.sections import SECTIONS
from mofang_jobs.api.openapi import build_document
from mofang_jobs.domain.models import SchedulingMetadata
from mofang_jobs.engines import rbac, registry
from mofang_jobs.engines.rendering import render
from mofang_projects.workloads import find_workloads
from unit.mofang_jobs.conftest import make_job

kind = registry.select_kind(Framework.PYTORCH, Engine("abacus"), registry.KINDS)
asked = []

class Objects:
    async def list_objects(self, api_version, kind, *, namespace):
        asked.append(kind)
        return []

asyncio.run(find_workloads(Objects(), "mofang-project-vision"))
job = make_job(framework="pytorch", replicas=2, engine="abacus")
print(json.dumps({
    "rendered": render(kind, job, [], SchedulingMetadata())[-1],
    "rights": rbac.render_template(),
    "site": SECTIONS["engines"](),
    "schema of the form": json.dumps(build_schemas()),
    "REST": json.dumps(build_document()),
    "deletion of projects": asked,
}))
"""


def put(path: Path, after: str, text: str) -> None:
    """Put a text into a file, behind the only place that has another."""
    content = path.read_text()
    assert content.count(after) == 1, after
    path.write_text(content.replace(after, after + text))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What everything says in a platform with one engine more, made from JobSet's."""
    site = tmp_path_factory.mktemp("site")
    for package in (mofang_api, mofang_jobs):
        source = Path(package.__file__).parent
        shutil.copytree(source, site / source.name)
    names = site / "mofang_api" / "models" / "enums.py"
    put(names, '    JOBSET = "jobset"\n', '    ABACUS = "abacus"\n')
    engines = site / "mofang_jobs" / "engines"
    text = (engines / "jobset.py").read_text()
    for old, new in (
        ("EngineName.JOBSET", "EngineName.ABACUS"),
        ('kind="JobSet"', 'kind="AbacusJob"'),
        ("jobset.x-k8s.io", "abacus.example.org"),
        ('plural="jobsets"', 'plural="abacusjobs"'),
        ("class JobSet(", "class Abacus("),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (engines / "abacus.py").write_text(text)
    registry = engines / "registry.py"
    import_line = "from mofang_jobs.engines.abacus import Abacus\n"
    put(registry, "from mofang_api.models import Framework\n", import_line)
    content = registry.read_text()
    registry.write_text(re.sub(r"(ENGINES: .* = \(.*)\)", r"\1, Abacus())", content))
    paths = (site, markdown.REPOSITORY / "docs", markdown.REPOSITORY / "tests")
    return run_with_packages(PROGRAM, paths=paths)


def test_a_job_becomes_its_object(found):
    assert found["rendered"]["apiVersion"] == "abacus.example.org/v1alpha2"
    assert found["rendered"]["kind"] == "AbacusJob"


def test_the_chart_gives_the_rights(found):
    assert found["rights"].count("abacus.example.org") == 3
    assert "abacusjobs" in found["rights"]


@pytest.mark.parametrize("where", ["site", "schema of the form", "REST"])
def test_it_is_known(found, where):
    assert "abacus" in found[where]


def test_a_project_is_not_deleted_under_its_jobs(found):
    assert "AbacusJob" in found["deletion of projects"]
