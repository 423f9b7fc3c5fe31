"""A removal that was begun is finished, whoever is killed; a refused one is undone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from unit.mofang_jobs.pretended_cluster import PretendedCluster
from unit.mofang_jobs.world import World, running_world

from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.domain.errors import StorageError
from mofang_jobs.services.job_removal import ABSENT_SECONDS, JobRemoval
from mofang_kube.errors import ForbiddenError, KubernetesUnavailableError, MofangError
from support.eventually import until


class Killed(BaseException):
    """The process ends here."""


class Deletions:
    """The cluster, at whose deletions something happens.

    Args:
        cluster: Where objects are deleted.
        before: Raised in place of the first deletion.
        after: Raised once the first deletion has happened.
    """

    def __init__(
        self,
        cluster: PretendedCluster,
        before: BaseException | None = None,
        after: BaseException | None = None,
    ) -> None:
        self._cluster = cluster
        self._before, self._after = before, after

    async def delete(self, *what: Any) -> None:
        before, self._before = self._before, None
        if before:
            raise before
        await self._cluster.delete(*what)
        after, self._after = self._after, None
        if after:
            raise after


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


class Process:
    """One process that removes jobs, on a clock that is moved by hand."""

    def __init__(self, world: World, cluster: Any = None) -> None:
        self.now = 0.0
        self.removal = JobRemoval(
            world.cache,
            cluster or world.cluster,
            LogStorage(world.storage),
            clock=lambda: self.now,
        )

    async def finish(self) -> None:
        """Do all that is left, as a process does within its first 40 seconds."""
        await self.removal.find()
        for _ in range(3):
            await self.removal.finish()
            self.now += ABSENT_SECONDS


def left(world: World) -> list[str]:
    return [each.name for each in (world.storage / "vision").iterdir()]


async def made(world: World) -> str:
    """A job with logs that waits, and another one."""
    await world.submit(name="other")
    job = await world.submit()
    await world.admit(job)
    world.log_file(job).write_text("x")
    await until(lambda: world.cache.find("vision", job["id"]) is not None)
    return str(job["id"])


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param({"before": Killed()}, id="before the object went"),
        pytest.param({"after": Killed()}, id="after the object went"),
    ],
)
async def test_a_killed_removal_is_finished_by_the_next_process(
    world: World, moment: dict[str, BaseException]
) -> None:
    job = await made(world)
    killed = Process(world, Deletions(world.cluster, **moment))
    with pytest.raises(Killed):
        await killed.removal.remove("vision", job)

    if "after" in moment:
        world.cache.drop(world.cache.find_object("vision", job))
    await Process(world).finish()

    assert job not in world.cluster.jobs
    assert not any(job in name for name in left(world))
    assert len(world.cluster.jobs) == 1, "the other job is not touched"


async def test_a_refused_removal_leaves_the_job_and_its_logs(world: World) -> None:
    job = await made(world)
    process = Process(world, Deletions(world.cluster, before=ForbiddenError("No.")))

    with pytest.raises(ForbiddenError):
        await process.removal.remove("vision", job)
    await process.finish()
    await Process(world).finish()

    assert job in world.cluster.jobs
    assert world.log_file({"id": job}).read_text() == "x"
    assert not any(name.startswith(".") for name in left(world))


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_unanswered_removal_is_done_when_kubernetes_is_back(
    world: World, moment: str
) -> None:
    """It may have happened: then only its end is missing."""
    job = await made(world)
    away: MofangError = KubernetesUnavailableError("No answer.")
    process = Process(world, Deletions(world.cluster, **{moment: away}))

    with pytest.raises(KubernetesUnavailableError):
        await process.removal.remove("vision", job)
    await process.finish()

    assert job not in world.cluster.jobs
    assert not any(job in name for name in left(world))


async def test_another_copy_removes_nothing_of_what_was_refused_here(
    world: World,
) -> None:
    """It saw the mark while the deletion was on its way."""
    job = await made(world)
    other = Process(world)
    store = LogStorage(world.storage)
    await store.mark_deleted("vision", job)
    await other.removal.find()
    await store.unmark_deleted("vision", job)

    other.now += 10 * ABSENT_SECONDS
    await other.removal.finish()

    assert job in world.cluster.jobs
    assert world.log_file({"id": job}).read_text() == "x"


async def test_a_mark_that_holds_logs_is_not_taken_back(world: World) -> None:
    job = await made(world)
    store = LogStorage(world.storage)
    await store.discard("vision", job)

    await store.unmark_deleted("vision", job)

    assert await store.is_marked_deleted("vision", job)


async def test_an_attempt_that_came_after_the_kill_goes_too(world: World) -> None:
    """Another copy of the service restarted the job just then."""
    job = await made(world)
    killed = Process(world, Deletions(world.cluster, after=Killed()))
    body = world.cluster.jobs[job]
    with pytest.raises(Killed):
        await killed.removal.remove("vision", job)
    again = {**body, "metadata": {**body["metadata"], "name": f"{job}-r2"}}
    again["metadata"]["labels"] = {
        **body["metadata"]["labels"],
        "mofang.dev/attempt": "2",
    }
    world.cluster.jobs[f"{job}-r2"] = again
    world.send(again)

    await Process(world).finish()

    assert [name for name in world.cluster.jobs if job in name] == []
    assert not any(job in name for name in left(world))


async def test_a_directory_that_is_removed_while_it_is_made_is_no_fault_of_ours(
    tmp_path: Path,
) -> None:
    """Its job is being deleted."""
    with capture_logs() as logs, pytest.raises(StorageError, match="cannot be made"):
        await LogStorage(tmp_path / "gone").create("vision", "train-abc123")

    assert [each["log_level"] for each in logs] == ["warning"]
