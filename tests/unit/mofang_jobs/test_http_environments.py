"""What a job has of its environment, and which images may be used."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from unit.mofang_jobs.world import IMAGE, PREFIX, World, running_world

from mofang_spawner.environments.availability import Unavailable

SPEC = {"name": "train", "image": IMAGE, "script": "train.py"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def test_a_job_s_cache_has_the_size_of_its_environment(world: World) -> None:
    job = await world.submit()

    template = world.cluster.jobs[job["id"]]["spec"]["pytorchReplicaSpecs"]["Worker"]
    volumes = {each["name"]: each for each in template["template"]["spec"]["volumes"]}
    assert volumes["cache"]["emptyDir"] == {"sizeLimit": str(7 * 1024**3)}
    assert job["cache_bytes"] == {"worker": int(0.9 * 7 * 1024**3)}


async def test_the_environment_is_known_by_its_image(world: World) -> None:
    """Later attempts have the same packages, and know the job alone."""
    assert (await world.submit())["spec"]["environment"] == "pytorch"


async def test_an_environment_s_name_stands_for_its_image(world: World) -> None:
    job = await world.submit(image="", environment="pytorch")

    assert job["spec"]["image"] == IMAGE
    [body] = world.cluster.jobs.values()
    assert IMAGE in str(body["spec"])
    unknown = {**SPEC, "image": "", "environment": "gone"}
    refusal = await world.call("POST", json=unknown)
    assert refusal.status_code == 422
    assert list(refusal.json()["fields"]) == ["environment"]
    preview = (await world.call("POST", "preview", json=unknown)).json()
    assert preview["fields"] == refusal.json()["fields"]


async def test_a_preview_makes_no_directory_and_a_job_its_own(world: World) -> None:
    await world.call("POST", "preview", json=SPEC)
    assert not list(world.storage.iterdir()), "a preview makes nothing"

    answer = await world.call("POST", json=SPEC)

    assert answer.status_code == 201
    await world.admit(answer.json())
    made = [str(each.relative_to(world.storage)) for each in world.storage.rglob("*")]
    assert sorted(made) == ["vision", f"vision/{answer.json()['id']}"]


async def test_the_preview_of_a_refused_job_has_the_environment_s_image(
    world: World,
) -> None:
    large = {**SPEC, "image": "", "environment": "pytorch", "replicas": 50}
    preview = (await world.call("POST", "preview", json=large)).json()

    assert list(preview["fields"]) == ["resources.cpu", "resources.memory", "replicas"]
    assert f"image: {IMAGE}" in preview["manifest"]


async def test_who_may_see_a_project_sees_its_environments(world: World) -> None:
    path = f"{PREFIX}/api/projects/vision/environments"
    answer = await world.call("GET", path, user="eve")

    assert answer.status_code == 200
    assert answer.json()["allow_any_image"] is False
    [found] = answer.json()["environments"]
    assert (found["name"], found["image"]) == ("pytorch", IMAGE)
    assert found["unavailable_reason"] is None
    for user, status in (("mallory", 404), ("nobody", 401), ("service", 403)):
        assert (await world.call("GET", path, user=user)).status_code == status


async def test_the_image_of_the_own_running_server_may_be_used(world: World) -> None:
    """After a release no environment names it any more, but the server runs."""
    world.cluster.servers = {"docker.io/mofang/pytorch:old"}

    job = await world.submit(image="docker.io/mofang/pytorch:old")

    assert job["spec"]["image"] == "docker.io/mofang/pytorch:old"


async def test_a_job_whose_image_is_not_there_yet_is_refused(world: World) -> None:
    """It would wait for an image that nobody can pull."""
    (environment,) = world.catalog.environments
    unavailable = Unavailable(reason="Building", message="3 of 9 are ready.")
    world.catalog.environments = [
        environment.model_copy(update={"unavailable": unavailable})
    ]

    preview = (await world.call("POST", "preview", json=SPEC)).json()
    answer = await world.call("POST", json=SPEC)

    assert answer.status_code == 422
    refusal = answer.json()
    assert "PyTorch is not available yet. 3 of 9 are ready." in refusal["message"]
    assert preview["fields"] == refusal["fields"] == {"image": refusal["message"]}
    assert not world.cluster.jobs

    world.catalog.environments = [environment]
    assert (await world.call("POST", json=SPEC)).status_code == 201


async def test_a_job_has_the_variables_of_its_environment(world: World) -> None:
    """Its own come first, and nobody's pose as the platform's."""
    (environment,) = world.catalog.environments
    env = {"LEVEL": "1", "MODE": "fast", "MOFANG_ROLE": "evil"}
    world.catalog.environments = [environment.model_copy(update={"env": env})]

    job = await world.submit(env={"MODE": "slow"})

    template = world.cluster.jobs[job["id"]]["spec"]["pytorchReplicaSpecs"]["Worker"]
    container = template["template"]["spec"]["containers"][0]
    found = {each["name"]: each.get("value") for each in container["env"]}
    assert (found["LEVEL"], found["MODE"]) == ("1", "slow")
    assert found["MOFANG_ROLE"] == "worker"
