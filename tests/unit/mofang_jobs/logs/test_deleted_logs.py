"""What deleted jobs have written goes once nothing of them can write any more."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from typing_extensions import override
from unit.mofang_jobs.world import IMAGE, World, running_world

from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.services.job_removal import ABSENT_SECONDS, JobRemoval
from support.eventually import until


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


class Watched:
    """Deleted logs of a world, on a clock that is moved by hand."""

    def __init__(self, world: World, store: LogStorage | None = None) -> None:
        self.now = 0.0
        store = store or LogStorage(world.storage)
        self.logs = JobRemoval(
            world.cache, world.cluster, store, clock=lambda: self.now
        )

    async def pass_time(self, seconds: float) -> None:
        self.now += seconds
        await self.logs.finish()


async def test_a_job_has_its_directory_before_it_may_run(world: World) -> None:
    """What the kubelet makes belongs to root, and no job could write there."""
    job = await world.submit()
    await world.admit(job)

    assert (world.storage / "vision" / job["id"]).is_dir()


async def test_a_job_that_never_was_has_no_directory(world: World) -> None:
    """Kubernetes refused it, or we were killed: nobody would remove it."""
    world.cluster.dies_at = world.cluster.writes + 1

    with suppress(httpx.HTTPError):
        await world.call(
            "POST", json={"name": "train", "image": IMAGE, "script": "a.py"}
        )

    assert world.cluster.jobs == {}
    assert list(world.storage.iterdir()) == []


async def test_a_job_waits_while_its_directory_cannot_be_made(world: World) -> None:
    in_the_way = world.storage / "vision"
    in_the_way.write_text("in the way")

    job = await world.submit()

    def reason() -> str | None:
        found = world.cache.find("vision", job["id"])
        return world.queue.queue_position(found)[1] if found else None

    await until(lambda: bool(reason()))
    assert "The directory for the job's logs cannot be made" in (reason() or "")
    assert world.cluster.jobs[job["id"]]["spec"]["runPolicy"]["suspend"]


async def test_deleting_a_job_puts_its_logs_out_of_reach_at_once(world: World) -> None:
    job = await world.submit()
    await world.admit(job)
    world.log_file(job).write_text("x")

    assert (await world.call("DELETE", job["id"])).status_code == 204

    assert not (world.storage / "vision" / job["id"]).exists()


async def test_a_job_that_was_just_starting_leaves_nothing(world: World) -> None:
    job = await world.submit()
    await world.admit(job)
    world.run_pod(job)
    watched = Watched(world)
    folder = world.storage / "vision" / job["id"]
    await watched.logs.remove("vision", job["id"])

    # Its container writes on, and the kubelet makes a directory for another.
    world.log_file(job).write_text("x")
    await watched.pass_time(10 * ABSENT_SECONDS)
    assert folder.exists()

    world.pods.drop(f"mofang-project-vision/{job['id']}-worker-0")
    await watched.pass_time(ABSENT_SECONDS - 1)
    assert folder.exists()
    await watched.pass_time(1)

    assert list((world.storage / "vision").iterdir()) == []


async def test_the_next_process_goes_on(world: World) -> None:
    job = await world.submit()
    await world.admit(job)
    world.log_file(job).write_text("x")
    await Watched(world).logs.remove("vision", job["id"])

    watched = Watched(world)
    await watched.logs.find()
    await watched.pass_time(ABSENT_SECONDS)

    assert list((world.storage / "vision").iterdir()) == []


class FaultyLogs(LogStorage):
    """Fails at what a job that is named bad has left."""

    @override
    async def remove_deleted(self, project: str, job: str) -> bool:
        if job.startswith("bad"):
            raise RecursionError
        return await super().remove_deleted(project, job)


async def test_one_job_s_fault_does_not_keep_the_others(world: World) -> None:
    watched = Watched(world, FaultyLogs(world.storage))
    for name in ("bad-abc123", "good-abc123"):
        (world.storage / "vision" / name).mkdir(parents=True)
        await watched.logs.discard("vision", name)

    await watched.pass_time(ABSENT_SECONDS)

    left = [each.name for each in (world.storage / "vision").iterdir()]
    assert left == [".deleted-bad-abc123"]
