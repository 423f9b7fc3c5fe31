"""What the training service records: who, what, where and from where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.world import World, running_world

JOBS = "/services/training/api/projects/vision/jobs"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path, trusted_proxies=["127.0.0.1"]) as found:
        yield found


def recorded(world: World, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(each.get(name) for name in fields) for each in world.audited.events]


async def test_a_jobs_way_is_recorded(world: World) -> None:
    job = (await world.submit())["id"]
    await world.call("POST", f"{job}/cancel")
    await world.call("DELETE", job)

    assert recorded(
        world, "action", "actor", "project", "job", "outcome", "address"
    ) == [
        ("submit", "ada", "vision", job, "success", "127.0.0.1"),
        ("cancel", "ada", "vision", job, "success", "127.0.0.1"),
        ("delete", "ada", "vision", job, "success", "127.0.0.1"),
    ]


async def test_what_is_refused_is_recorded_too(world: World) -> None:
    job = (await world.submit())["id"]
    await world.call("DELETE", job, user="ben")

    assert recorded(world, "action", "actor", "outcome", "status")[1:] == [
        ("delete", "ben", "refused", 403),
    ]


async def test_strangers_do_not_fill_the_log(world: World) -> None:
    answer = await world.call("DELETE", "train-abc123", user="nobody")

    assert answer.status_code == 401
    assert not world.audited.events


async def test_reading_is_not_recorded(world: World) -> None:
    await world.call("GET")
    assert not world.audited.events


async def test_the_address_is_what_the_trusted_proxy_says(world: World) -> None:
    headers = {
        "Authorization": "token ada",
        "X-Forwarded-For": "203.0.113.66, 198.51.100.9",
    }
    await world.http.post(f"{world.url}{JOBS}", headers=headers)
    assert recorded(world, "address", "forwarded_for") == [("198.51.100.9", None)]


async def test_nothing_of_a_job_but_its_id_is_recorded(world: World) -> None:
    await world.submit(env={"LEVEL": "not-for-the-log"})
    assert "not-for-the-log" not in str(world.audited.events)
