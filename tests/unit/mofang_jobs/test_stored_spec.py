"""Jobs that another release admitted stay visible, and run on."""

import json
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_spec
from unit.mofang_jobs.pretended_cluster import PretendedCluster
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import JobSpec
from mofang_jobs.engines.stored_spec import (
    ENTRY_CHARACTERS,
    SpecCache,
    build_annotations,
    read_annotations,
)

SPEC = "mofang.dev/training-job"
VERSION = "mofang.dev/training-job-version"
Change = Callable[[dict[str, Any], dict[str, str]], object]


def test_what_is_written_is_read_by_the_release_before() -> None:
    """It knows the one annotation, and its rules for requests."""
    spec = make_spec(replicas=2)

    assert JobSpec.model_validate_json(build_annotations(spec)[SPEC]) == spec


def test_what_is_written_is_read() -> None:
    spec = make_spec(replicas=2)

    kept = read_annotations(build_annotations(spec))

    assert kept is not None
    assert kept.spec == spec
    assert not kept.is_unsupported


def test_variables_and_environment_of_version_2_are_read_under_its_names() -> None:
    asked = make_spec(env={"SEED": "7"}, environment="pytorch")
    written = asked.model_dump(mode="json")
    written["environment_name"] = written.pop("environment")
    written["environment"] = written.pop("env")

    kept = read_annotations({SPEC: json.dumps(written), VERSION: "2"})

    assert kept is not None
    assert kept.spec == asked
    assert not kept.is_unsupported


def test_a_specification_without_a_version_is_of_an_older_one() -> None:
    kept = read_annotations({SPEC: make_spec().model_dump_json()})

    assert kept is not None
    assert kept.is_unsupported


@pytest.mark.parametrize("version", ["1", "4", "2.1", "v1beta1", ""])
def test_other_versions_are_told(version: str) -> None:
    kept = read_annotations({**build_annotations(make_spec()), VERSION: version})

    assert kept is not None
    assert kept.is_unsupported


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 100_000])
def test_what_is_no_specification_is_none(text: str) -> None:
    assert read_annotations({SPEC: text}, SpecCache()) is None


def test_a_long_specification_is_parsed_once() -> None:
    variables = {f"V{number}": "x" * 1000 for number in range(30)}
    text = make_spec(env=variables).model_dump_json()
    cache = SpecCache()

    first = cache.read(text)

    assert len(text) > 30 * 1000
    assert cache.read(text) is first


def test_the_cache_is_bounded_by_the_length_of_its_texts() -> None:
    cache = SpecCache(10 * ENTRY_CHARACTERS)
    short = [make_spec(name=f"n{number}").model_dump_json() for number in range(20)]
    long = make_spec(arguments=["x" * 7 * ENTRY_CHARACTERS]).model_copy()
    whole = long.model_dump_json()

    kept = [cache.read(text) for text in short]
    assert cache.characters == 10 * ENTRY_CHARACTERS
    assert cache.read(short[-1]) is kept[-1]
    assert cache.read(short[0]) is not kept[0], "the one used least recently went"
    first = cache.read(whole)
    assert cache.read(whole) is first
    assert cache.characters <= 10 * ENTRY_CHARACTERS
    before = cache.characters
    longer = f"{whole}{' ' * 128 * 1024}"
    assert cache.read(longer) is not cache.read(longer), "it is longer than the cache"
    assert cache.characters == before
    assert cache.read(whole) is first, "nothing had to go for it"


@pytest.fixture
async def left(tmp_path: Path) -> PretendedCluster:
    """A cluster with a running job, which a service has left."""
    async with running_world(tmp_path) as world:
        job = await world.submit(restart={"limit": 2})
        await world.admit(job)
    return world.cluster


def changed(cluster: PretendedCluster, change: Change) -> dict[str, Any]:
    """Change the job's specification and annotations as another release would."""
    (body,) = cluster.jobs.values()
    body = deepcopy(body)
    annotations = body["metadata"]["annotations"]
    spec = json.loads(annotations[SPEC])
    change(spec, annotations)
    annotations[SPEC] = json.dumps(spec)
    cluster.jobs = {body["metadata"]["name"]: body}
    return body


CHANGES = [
    pytest.param(lambda s, a: a.pop(VERSION), id="without a version"),
    pytest.param(lambda s, a: s.update(later={"x": 1}), id="an unknown field"),
    pytest.param(lambda s, a: a.update({VERSION: "1"}), id="an older version"),
    pytest.param(lambda s, a: a.update({VERSION: "4"}), id="a newer version"),
    pytest.param(lambda s, a: s.update(name="x" * 99), id="a bound lowered later"),
    pytest.param(lambda s, a: s.update(framework="abacus"), id="an unknown framework"),
    pytest.param(lambda s, a: s.update(engine="v9"), id="an unknown engine"),
    pytest.param(lambda s, a: s.update(priority="urgent"), id="an unknown priority"),
    pytest.param(lambda s, a: s.update(hang_policy="page"), id="an unknown reaction"),
    pytest.param(lambda s, a: s.update(resources=[]), id="another shape"),
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_job_of_another_release_is_seen_runs_and_is_cancelled(
    left: PretendedCluster, change: Change, tmp_path: Path
) -> None:
    job_id = changed(left, change)["metadata"]["name"]
    async with running_world(tmp_path, left) as world:
        world.run_pod({"id": job_id})

        found = (await world.call("GET", job_id)).json()
        listed = (await world.call("GET")).json()["jobs"]

        assert found["state"] == "Running"
        assert [each["id"] for each in listed] == [job_id]
        assert found["replicas"][0]["state"] == "Running"
        answer = await world.call("POST", f"{job_id}/cancel")
        assert answer.json()["state"] == "Cancelling"


async def rounds(world: World) -> AsyncIterator[None]:
    """Let queue and restarts look again and again."""
    with world.cache.subscribed("vision") as subscription:
        for _ in range(20):
            yield
            world.wake()
            await subscription.wait(1)


async def refusal(world: World, job_id: str, *, of: str) -> str:
    """Return the state of a job whose reason comes to tell of something."""
    async for _ in rounds(world):
        found = (await world.call("GET", job_id)).json()
        if of in (found["reason"] or ""):
            return str(found["state"])
    raise AssertionError(job_id)


OTHER_VERSIONS = [
    pytest.param(lambda s, a: s.update(framework="abacus"), id="an unknown framework"),
    pytest.param(lambda s, a: a.update({VERSION: "4"}), id="newer"),
    pytest.param(lambda s, a: a.update({VERSION: "1"}), id="older"),
    pytest.param(lambda s, a: a.pop(VERSION), id="without a version"),
]


@pytest.mark.parametrize("change", OTHER_VERSIONS)
async def test_a_job_of_another_version_waits_for_that_to_start_it(
    left: PretendedCluster, change: Change, tmp_path: Path
) -> None:
    body = changed(left, change)
    body["spec"]["runPolicy"]["suspend"] = True
    async with running_world(tmp_path, left) as world:
        job_id = body["metadata"]["name"]

        state = await refusal(world, job_id, of="another version of the platform")

        assert state == "Queued"
        assert left.jobs[job_id]["spec"]["runPolicy"]["suspend"] is True


@pytest.mark.parametrize("change", OTHER_VERSIONS)
async def test_a_job_of_another_version_is_not_restarted_as_another_job(
    left: PretendedCluster, change: Change, tmp_path: Path
) -> None:
    body = changed(left, change)
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": None}
    body["status"] = {"conditions": [failed]}
    async with running_world(tmp_path, left) as world:
        job_id = body["metadata"]["name"]

        state = await refusal(world, job_id, of="another version of the platform")

        assert state == "Failed"
        assert list(left.jobs) == [job_id]
