"""How far apart the parts of one act are: a newcomer reads them in this order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from unit.mofang_jobs.conftest import make_spec
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_jobs.domain.models import Caller
from support.walks import Walk, walked

ADA = Caller(name="ada", scopes=frozenset(SCOPES))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "users").mkdir()
    async with running_world(tmp_path) as found:
        await found.call("GET")
        await found.kill()
        yield found


def check(walk: Walk, functions: int, modules: int, returns: int) -> None:
    """Fail if a walk has become longer."""
    longest = (functions, modules, returns)
    is_longer = any(now > most for now, most in zip(walk.size, longest, strict=True))
    assert not is_longer, f"{walk.size} instead of {longest}:\n{walk}"


async def test_from_a_specification_to_the_object(world: World) -> None:
    with walked() as walk:
        await world.jobs.submit(ADA, "vision", make_spec(replicas=2))
    check(walk.part("SubmissionService.submit", "strip_job"), 22, 16, 4)


async def test_preview(world: World) -> None:
    with walked() as walk:
        await world.jobs.preview(ADA, "vision", make_spec(replicas=2))
    check(walk.part("SubmissionService.preview"), 23, 17, 4)


async def test_describe(world: World) -> None:
    made = await world.submit(replicas=2)
    for index in (0, 1):
        world.run_pod(made, index)
    job = world.cache.find("vision", made["id"])
    assert job is not None
    world.cache.pods_of(job)
    with walked() as walk:
        world.job_status.describe(job)
    check(walk, 8, 8, 0)
