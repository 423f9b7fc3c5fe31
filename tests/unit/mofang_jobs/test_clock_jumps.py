"""The node of the service has a wrong clock: what is young stays, and goes on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import JobState
from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.services.job_removal import JobRemoval
from mofang_jobs.services.retention import Retention
from mofang_kube.clock import ClusterClock, local_time

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
KEEP = timedelta(hours=12)


@pytest.fixture(params=[DAY, -DAY], ids=["a day ahead", "a day behind"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """The service, once the API server has answered."""
    clock = ClusterClock(local=lambda: local_time() + request.param)
    clock.observe(format_datetime(datetime.now(UTC), usegmt=True))
    async with running_world(tmp_path, now=clock) as found:
        yield found


async def test_what_has_just_failed_starts_again(world: World) -> None:
    """A day later it would be too late."""
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    world.fail(made["id"], at=datetime.now(UTC))

    again = await world.eventually(made["id"], attempt=2)

    assert len(again["restarts"]) == 1


async def test_what_is_young_is_not_swept(world: World) -> None:
    ended, cancelled = await world.submit(), await world.submit()
    await world.admit(ended)
    world.fail(ended["id"], "Succeeded", at=datetime.now(UTC))
    await world.call("POST", f"{cancelled['id']}/cancel")
    logs = [world.log_file(each).parent for each in (ended, cancelled)]
    logs.append(world.log_file({"id": "gone-abc123"}).parent)

    await _retention(world).sweep()

    assert {ended["id"], cancelled["id"]} <= set(world.cluster.jobs)
    assert all(each.exists() for each in logs)


async def test_what_is_old_is_swept(world: World) -> None:
    ended = await world.submit()
    await world.admit(ended)
    world.fail(ended["id"], "Succeeded", at=datetime.now(UTC) - KEEP - SECOND)

    await _retention(world).sweep()

    assert ended["id"] not in world.cluster.jobs


async def test_a_cancellation_has_the_clusters_time(world: World) -> None:
    made = await world.submit()
    await world.call("POST", f"{made['id']}/cancel")

    job = world.cache.find("vision", made["id"])

    assert job is not None
    assert job.cancelled_at is not None
    assert abs(job.cancelled_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert (await world.call("GET", made["id"])).json()["state"] in {
        JobState.CANCELLED.value,
        JobState.CANCELLING.value,
    }


def _retention(world: World) -> Retention:
    return Retention(
        world.cache,
        JobRemoval(world.cache, world.cluster, LogStorage(world.storage)),
        LogStorage(world.storage),
        keep=KEEP,
        now=world.cache.now,
    )
