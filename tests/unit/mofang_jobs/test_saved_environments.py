"""A job of a saved environment has the packages that a notebook of it has."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.world import World, running_world

from mofang_spawner.environments.catalog import stand_on
from mofang_spawner.environments.models import Environment

DIGEST = "ab" * 32


def saved(base: Environment) -> Environment:
    spec = {
        "owner": "ada",
        "project": "vision",
        "base": base.name,
        "visibility": "project",
        "current": 1,
        "versions": [
            {
                "version": 1,
                "digest": DIGEST,
                "user": "ada",
                "saved": "2026-11-30T12:00:00Z",
            }
        ],
    }
    state = {"version": 1, "digest": DIGEST, "phase": "Ready", "bytes": 10, "files": 1}
    body = {
        "metadata": {"name": "shapes"},
        "spec": {
            "displayName": "Shapes",
            "image": base.image,
            "access": {"projects": ["vision"]},
            "resources": base.resources.model_dump(by_alias=True),
            "saved": spec,
        },
        "status": {"saved": [state]},
    }
    return stand_on(Environment.parse(body), base)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "users").mkdir()
    async with running_world(tmp_path) as found:
        base = found.catalog.environments[0]
        found.catalog.environments.append(saved(base))
        yield found


def pods(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The templates of all roles of a job's object."""
    specs = made["spec"]["pytorchReplicaSpecs"].values()
    return [each["template"]["spec"] for each in specs]


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in container["env"]}


async def test_each_replica_mounts_the_version_read_only(world: World) -> None:
    made = await world.submit(environment="shapes", image="", replicas=2)
    assert made["spec"]["environment"] == "shapes"
    assert made["spec"]["image"] == world.catalog.environments[0].image
    body = world.cluster.jobs[made["id"]]
    for spec in pods(body):
        [container] = spec["containers"]
        mounts = {each["name"]: each for each in container["volumeMounts"]}
        archives = mounts["mofang-environments"]
        assert archives["subPath"] == "vision/shapes/1"
        assert archives["readOnly"]
        told = variables(container)
        assert told["MOFANG_ENVIRONMENT"] == "shapes"
        assert told["MOFANG_BASE_ENVIRONMENT"] == world.catalog.environments[0].name
        assert told["MOFANG_SAVED_DIGEST"] == DIGEST


async def test_a_job_that_names_the_image_alone_gets_nobodys_packages(
    world: World,
) -> None:
    made = await world.submit(image=world.catalog.environments[0].image)
    assert made["spec"]["environment"] == world.catalog.environments[0].name
    for spec in pods(world.cluster.jobs[made["id"]]):
        assert not [e for e in spec["volumes"] if e["name"] == "mofang-environments"]
