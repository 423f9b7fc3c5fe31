"""Jobs that make no progress: told to their owners, or started again."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.world import World, running_world

from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.services.hang_detector import HangDetector
from mofang_jobs.services.hang_monitor import HangMonitor

QUICK = HangSettings(idle_periods=6, gpu_window=3)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


def write_samples(world: World, job: dict[str, Any], count: int, *, busy: bool) -> None:
    """As the wrapper writes them: one each ten seconds."""
    log = world.log_file(job)
    lines = [
        {
            "version": 1,
            "run_id": "abc",
            "attempt": 1,
            "period_seconds": 10.0,
            "time": 1.8e9 + 10 * number,
            "uptime_seconds": 10.0 * number,
            "processes": 2,
            "cpu_seconds": 9.0 * number if busy else 1.0,
            "memory_bytes": 300_000_000,
            "io": [5, 5, 5, 5, 5, 5],
            "digest": "same",
            "network": [0, 0],
            "gpus": [],
        }
        for number in range(count)
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    log.with_name(f"{log.stem}.samples.jsonl").write_text(text)


def hangs_of(world: World) -> HangMonitor:
    watch = HangDetector(SampleStorage(world.storage), QUICK)
    return HangMonitor(
        world.cache, watch, world.restarts, world.conditions, period_seconds=10
    )


async def checked(world: World, job: dict[str, Any], *, busy: bool) -> HangMonitor:
    """Two looks, between which the file grew."""
    hangs = hangs_of(world)
    world.run_pod(job)
    write_samples(world, job, 20, busy=busy)
    await hangs.check()
    write_samples(world, job, 21, busy=busy)
    await hangs.check()
    return hangs


async def test_a_job_that_idles_without_io_is_told(world: World) -> None:
    job = await world.submit()
    await world.admit(job)

    hangs = await checked(world, job, busy=False)

    seen = world.cache.find("vision", job["id"])
    assert seen is not None
    assert "worker-0" in str(hangs.alert(seen))


async def test_a_job_that_computes_is_left_alone(world: World) -> None:
    job = await world.submit(restart={"limit": 3}, hang_policy="restart")
    await world.admit(job)

    hangs = await checked(world, job, busy=True)

    seen = world.cache.find("vision", job["id"])
    assert seen is not None
    assert hangs.alert(seen) is None
    assert seen.attempt == 1


async def test_a_hung_job_starts_again_if_it_asked_for_that(world: World) -> None:
    job = await world.submit(restart={"limit": 3}, hang_policy="restart")
    await world.admit(job)

    await checked(world, job, busy=False)

    async with asyncio.timeout(30):
        while (found := (await world.call("GET", job["id"])).json())["attempt"] == 1:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)
    (record,) = found["restarts"]
    assert record["platform_failure"] is True
    assert not record["node_excluded"], "a hang is no fault of one machine"


async def test_what_replicas_used_is_served_as_curves(world: World) -> None:
    job = await world.submit()
    write_samples(world, job, 20, busy=True)

    answer = await world.call("GET", f"{job['id']}/metrics?points=10", user="eve")

    (replica,) = answer.json()["replicas"]
    curves = {each["name"]: each for each in replica["series"]}
    assert curves["cpu"]["values"][-1] == pytest.approx(0.9)
    assert curves["memory"]["limit"] == 1024**3
    assert len(replica["times"]) <= 10
    outsider = await world.call("GET", f"{job['id']}/metrics", user="mallory")
    assert outsider.status_code == 404
