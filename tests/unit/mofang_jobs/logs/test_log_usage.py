"""What logs take: the project's as counted by the reconciler, one's own as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.world import PREFIX, World, running_world

from mofang_jobs.adapters.log_usage import LogUsageReader

PATH = f"{PREFIX}/api/projects/vision/log-usage"
COUNTED = {
    "logs": {
        "usage": {"bytes": 9 << 20, "files": 12, "complete": True},
        "quota": {"bytes": 10 << 20, "enforced": True},
    }
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


def write(world: World, job: dict[str, Any], size: int) -> None:
    path = world.log_file(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


async def test_a_person_sees_the_budget_and_their_own_part(world: World) -> None:
    project = world.catalog.projects["vision"]
    world.catalog.projects["vision"] = project.model_copy(update={"storage": COUNTED})
    write(world, await world.submit(user="ada"), 1 << 20)
    write(world, await world.submit(user="ada"), 2 << 20)
    write(world, await world.submit(user="ben"), 4 << 20)

    ada = (await world.call("GET", PATH, user="ada")).json()
    eve = (await world.call("GET", PATH, user="eve")).json()

    assert (ada["bytes"], ada["limit"], ada["enforced"]) == (9 << 20, 10 << 20, True)
    assert ada["own_jobs"] == 2
    assert 3 << 20 <= ada["own_bytes"] < (3 << 20) + 65536
    assert (eve["own_bytes"], eve["own_jobs"], eve["bytes"]) == (0, 0, 9 << 20)


async def test_before_anything_was_counted_the_own_part_is_known(world: World) -> None:
    write(world, await world.submit(user="ada"), 1 << 20)

    found = (await world.call("GET", PATH, user="ada")).json()

    assert (found["bytes"], found["limit"], found["enforced"]) == (None, None, False)
    assert found["own_bytes"] >= 1 << 20


async def test_who_may_not_see_the_project_is_told_nothing(world: World) -> None:
    for user, status in (("mallory", 404), ("nobody", 401), ("service", 403)):
        assert (await world.call("GET", PATH, user=user)).status_code == status


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for job in ("a-111111", "b-222222"):
        folder = tmp_path / "vision" / job / "results"
        folder.mkdir(parents=True)
        (folder / "model.pt").write_bytes(b"x" * (1 << 20))
    return tmp_path


async def test_what_is_elsewhere_counts_nothing(root: Path, tmp_path: Path) -> None:
    """Users write in these directories what they like."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "large").write_bytes(b"x" * (8 << 20))
    (root / "vision" / "a-111111" / "link").symlink_to(outside)
    (root / "vision" / "c-333333").symlink_to(outside)

    found = await LogUsageReader(root).read("vision", ["a-111111", "c-333333"])

    assert 1 << 20 <= found.bytes < 2 << 20
    assert not found.complete


async def test_a_job_that_wrote_nothing_takes_nothing(root: Path) -> None:
    found = await LogUsageReader(root).read("vision", ["d-444444"])

    assert (found.bytes, found.complete) == (0, True)


async def test_counting_ends_early_and_says_so(root: Path) -> None:
    reader = LogUsageReader(root, entries=1)

    found = await reader.read("vision", ["a-111111", "b-222222"])

    assert not found.complete
