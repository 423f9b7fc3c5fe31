"""Inputs and outputs of jobs in data sources, and the mounts of every container."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.conftest import PROJECT, make_job, make_spec
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import Framework
from mofang_hub.settings import JobSettings
from mofang_jobs.domain.data_sources import check_sources, resolve_sources
from mofang_jobs.domain.models import SchedulingMetadata
from mofang_jobs.domain.validation import check_paths
from mofang_jobs.engines.registry import KINDS
from mofang_jobs.engines.rendering import render
from mofang_spawner.data_sources.hadoop import HdfsSettings
from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.pod_data import build_pod_data
from mofang_spawner.environments.models import Project
from support.eventually import until

SCANS = {"name": "scans", "nfs": {"server": "nas", "path": "/exports/scans"}}
MODELS = {
    "name": "models",
    "readOnly": False,
    "persistentVolumeClaim": {"claimName": "model-store"},
}
LAKE = {
    "name": "lake",
    "readOnly": False,
    "s3": {"bucket": "lake", "prefix": "vision", "secret": "lake"},
}
OPEN = {"name": "open", "s3": {"bucket": "open", "secret": "open"}}


def sources(*bodies: dict[str, Any]) -> tuple[DataSource, ...]:
    return tuple(DataSource.model_validate(each) for each in bodies)


ALL = sources(SCANS, MODELS, LAKE, OPEN)


def data_path(path: str, **more: Any) -> dict[str, Any]:
    return {"name": "place", "path": path, **more}


def faults(spec, usable=ALL, states=None):
    known = {each.key: "" for each in ALL} | (states or {})
    project = PROJECT.model_copy(update={"data_states": known})
    found = check_paths(spec, "vision")
    return found | check_sources(resolve_sources(spec, usable)[0], project, ALL, usable)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("source://scans", "/data/scans", id="a whole source"),
        pytest.param("source://scans/a/b", "/data/scans/a/b", id="a directory in it"),
        pytest.param("source://lake", "s3://lake/vision", id="a bucket's prefix"),
        pytest.param("source://lake/a", "s3://lake/vision/a", id="below the prefix"),
        pytest.param("source://open/a", "s3://open/a", id="a whole bucket"),
        pytest.param("/data/scans/a", "/data/scans/a", id="a path"),
        pytest.param("s3://lake/vision/a", "s3://lake/vision/a", id="a URL"),
        pytest.param("/projects/vision/a", "/projects/vision/a", id="another place"),
    ],
)
def test_an_input_is_where_its_source_is(written, meant):
    spec = make_spec(inputs=[data_path(written)])

    assert resolve_sources(spec, ALL)[0].inputs[0].path == meant
    assert faults(spec) == {}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("source://none", "There is no data source none", id="unknown"),
        pytest.param("/data/none/a", "There is no data source none", id="its path"),
        pytest.param("/data/lake/a", "is a bucket and no directory", id="no mount"),
        pytest.param("s3://lake/other", "No data source", id="beside the prefix"),
        pytest.param("s3://lake/vision2", "No data source", id="a longer name"),
        pytest.param("s3://elsewhere/a", "No data source", id="another bucket"),
        pytest.param("source://scans/../../x", "has no .. in it", id="out of it"),
        pytest.param("/data/scans/../models", "has no .. in it", id="to its neighbour"),
        pytest.param("s3://lake/vision/../x", "has no .. in it", id="out of a prefix"),
    ],
)
def test_an_input_in_no_source_is_refused(path, said):
    found = faults(make_spec(inputs=[data_path(path)]))

    assert list(found) == ["inputs.0.path"]
    assert said in found["inputs.0.path"]


@pytest.mark.parametrize("path", ["/data", "/data/", "source:///x", "s3:///x"])
def test_a_place_without_a_source_is_refused(path):
    try:
        spec = make_spec(inputs=[data_path(path)])
    except ValueError as err:
        assert "source://" in str(err)  # noqa: PT017 - either refuses it
    else:
        assert faults(spec)


@pytest.mark.parametrize(
    ("states", "usable", "said"),
    [
        pytest.param(
            {"scans": "There is no claim."},
            sources(LAKE),
            "cannot be used. There is no claim.",
            id="broken",
        ),
        pytest.param({"scans": None}, sources(LAKE), "being prepared", id="new"),
        pytest.param({}, sources(LAKE), "Secret that you may not use", id="not theirs"),
    ],
)
def test_why_a_source_cannot_be_used_is_said(states, usable, said):
    found = faults(make_spec(inputs=[data_path("source://scans/a")]), usable, states)

    assert said in found["inputs.0.path"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        pytest.param(data_path("source://models/run"), None, id="a directory"),
        pytest.param(
            data_path("source://models", staged=True), None, id="staged there"
        ),
        pytest.param(data_path("source://lake/run"), None, id="a prefix"),
        pytest.param(data_path("source://scans/run"), "is read-only", id="its name"),
        pytest.param(data_path("/data/scans/run"), "is read-only", id="its path"),
        pytest.param(data_path("s3://open/run"), "is read-only", id="its URL"),
        pytest.param(
            data_path("source://lake/run", staged=True), "Staged outputs", id="staged"
        ),
    ],
)
def test_outputs_are_written_to_writable_sources_alone(output, said):
    found = faults(make_spec(outputs=[output]))

    assert (said in found["outputs.0.path"]) if said else found == {}


def test_the_profile_of_the_only_bucket_that_is_named_is_the_jobs():
    def variables(*paths: str) -> dict[str, str]:
        return resolve_sources(make_spec(inputs=names(paths)), ALL)[1]

    def names(paths):
        return [{"name": f"p{at}", "path": each} for at, each in enumerate(paths)]

    assert variables("s3://open/a", "/data/scans") == {"AWS_PROFILE": "open"}
    assert variables("s3://open/a", "s3://open/b") == {"AWS_PROFILE": "open"}
    assert variables("s3://open/a", "s3://lake/vision") == {}
    assert variables("/data/scans") == {}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_container_of_every_framework_has_the_mounts(kind):
    """S3: a copy of the code runs anywhere (also what operators do to templates)."""
    data = build_pod_data(ALL, HdfsSettings(core_site={"fs.defaultFS": "hdfs://a"}))
    for framework in kind.roles:
        job = replace(make_job(framework=framework), data=data)
        objects = render(kind, job, (), SchedulingMetadata())
        templates = list(find_templates(objects))
        assert templates
        for template in templates:
            check_template(template, data)


def find_templates(value):
    match value:
        case {"spec": {"containers": _}}:
            yield value
        case dict():
            for each in value.values():
                yield from find_templates(each)
        case list():
            for each in value:
                yield from find_templates(each)


def check_template(template, data):
    annotations = template["metadata"]["annotations"]
    assert data.annotations.items() <= annotations.items()
    names = {each["name"] for each in template["spec"]["volumes"]}
    for container in template["spec"]["containers"]:
        mounts = container["volumeMounts"]
        assert all(each in mounts for each in data.mounts)
        assert {each["name"] for each in mounts} <= names
        # No key is where everybody who sees the pod would read it.
        assert "AWS_SECRET_ACCESS_KEY" not in {
            each["name"] for each in container["env"]
        }


# -- the whole service


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    settings = JobSettings(hdfs=HdfsSettings(core_site={"fs.defaultFS": "hdfs://a"}))
    async with running_world(tmp_path, settings=settings) as found:
        bodies = [SCANS, MODELS, LAKE, OPEN]
        rules = [{"name": "open", "owner": "ben"}]
        project = PROJECT.model_dump() | {"data_sources": bodies, "secrets": rules}
        project["data_states"] = {each["name"]: "" for each in bodies}
        found.catalog.projects["vision"] = Project.model_validate(project)
        yield found


def template_of(world: World, job: dict[str, Any]) -> dict[str, Any]:
    body = world.cluster.jobs[job["id"]]
    found: dict[str, Any] = body["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]
    return found


def variables_of(template: dict[str, Any]) -> dict[str, str]:
    container = template["spec"]["containers"][0]
    return {each["name"]: each.get("value", "") for each in container["env"]}


async def test_a_job_reads_and_writes_its_sources(world):
    job = await world.submit(
        framework="pytorch",
        inputs=[{"name": "data_url", "path": "source://scans/train"}],
        outputs=[{"name": "train_url", "path": "source://lake/run1"}],
    )

    assert job["spec"]["inputs"][0]["path"] == "/data/scans/train"
    assert job["spec"]["outputs"][0]["path"] == "s3://lake/vision/run1"
    template = template_of(world, job)
    found = variables_of(template)
    assert found["AWS_CONFIG_FILE"] == "/etc/mofang/data/aws/config"
    assert found["AWS_PROFILE"] == "lake"
    assert found["HADOOP_CONF_DIR"] == "/etc/mofang/data/hadoop"
    assert '"AWS_CONFIG_FILE"' in found["MOFANG_FORWARDED_ENV"]
    mounted = {
        each["mountPath"] for each in template["spec"]["containers"][0]["volumeMounts"]
    }
    assert {"/data/scans", "/data/models", "/etc/mofang/data"} <= mounted


async def test_who_may_not_use_a_secret_has_neither_keys_nor_inputs_of_it(world):
    mine = template_of(world, await world.submit(user="ada", framework="pytorch"))
    bens = template_of(world, await world.submit(user="ben", framework="pytorch"))

    assert secrets_of(mine) == {"mofang-secret-lake"}
    assert secrets_of(bens) == {"mofang-secret-lake", "mofang-secret-open"}
    refused = await world.call(
        "POST",
        user="ada",
        json={
            "name": "train",
            "environment": "pytorch",
            "script": "train.py",
            "inputs": [{"name": "data_url", "path": "source://open"}],
        },
    )
    assert refused.status_code == 422
    assert "may not use" in refused.json()["fields"]["inputs.0.path"]


def secrets_of(template: dict[str, Any]) -> set[str]:
    return {
        source["secret"]["name"]
        for volume in template["spec"]["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        if "secret" in source
    }


async def test_a_jobs_own_variables_count(world):
    job = await world.submit(
        framework="pytorch", env={"AWS_CONFIG_FILE": "/home/jovyan/.aws/config"}
    )
    found = variables_of(template_of(world, job))
    assert found["AWS_CONFIG_FILE"] == "/home/jovyan/.aws/config"


async def test_the_next_attempt_has_the_keys_that_its_owner_could_use(world):
    """Groups, and so roles, are known of a caller alone."""
    made = await world.submit(user="ben", framework="pytorch", restart={"limit": 1})
    project = world.catalog.projects["vision"]
    world.catalog.projects["vision"] = project.model_copy(update={"members": ()})

    world.fail(made["id"])
    again = f"{made['id']}-r2"
    await until(lambda: again in world.cluster.jobs)

    assert secrets_of(template_of(world, {"id": again})) == {
        "mofang-secret-lake",
        "mofang-secret-open",
    }


def test_frameworks_are_all_tried():
    assert {each for kind in KINDS for each in kind.roles} == set(Framework)
