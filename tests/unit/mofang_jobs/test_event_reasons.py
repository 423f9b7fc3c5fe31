"""What events say of jobs that do not start: how often it is read, and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiolimiter import AsyncLimiter
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_jobs.domain.job_filter import Filter
from mofang_jobs.domain.models import Caller, ObservedJob
from mofang_jobs.services.event_reasons import EventReasons
from mofang_jobs.services.job_listing import JobPage
from support.eventually import until

ADA = Caller(name="ada", scopes=frozenset(SCOPES))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A cluster whose events tell of an account that is missing."""
    async with running_world(tmp_path) as found:
        found.cluster.said = [("FailedCreatePod", "no service account")]
        yield found


async def submit_waiting(world: World, count: int) -> list[dict[str, Any]]:
    """Jobs that are admitted and have no pods."""
    made = [await world.submit() for _ in range(count)]
    for each in made:
        await world.admit(each)
    await world.kill()
    return made


def observed(world: World, made: dict[str, Any]) -> ObservedJob:
    found = world.cache.find("vision", made["id"])
    assert found is not None
    return found


async def list_jobs(world: World) -> JobPage:
    return await world.listing.list_jobs(
        ADA, "vision", limit=100, after=None, wanted=Filter()
    )


async def test_a_page_does_not_wait_for_a_busy_api_server(world: World) -> None:
    await submit_waiting(world, 2)
    world.cluster.answers_events.clear()
    world.cluster.asked_for_events.clear()

    first = await list_jobs(world)
    again = await list_jobs(world)

    assert [each.job.reason for each in first.jobs] == [None, None]
    assert [each.job.reason for each in again.jobs] == [None, None]
    asked = world.cluster.asked_for_events
    assert len(asked) == 2, "who asks meanwhile does not ask again"

    world.cluster.answers_events.set()

    def is_said(job: ObservedJob) -> bool:
        return "account" in (world.job_status.describe(job).job.reason or "")

    await until(lambda: all(is_said(each) for each in world.cache.list_unfinished()))


async def test_a_watch_does_not_wait_for_a_busy_api_server(world: World) -> None:
    _, other = await submit_waiting(world, 2)
    world.cluster.answers_events.clear()
    watch = world.listing.watch(ADA, "vision", poll_seconds=0.01)
    assert await anext(watch) is None
    await world.job_status.refresh_all(world.cache.list_unfinished(), within=0)
    await until(lambda: world.cluster.asked_for_events)

    world.run_pod(other, 0)
    async with asyncio.timeout(30):
        change = await anext(watch)

    assert change is not None
    assert change.job.job.id == other["id"]
    await watch.aclose()


async def test_there_are_only_so_many_requests_however_many_jobs_wait(
    world: World,
) -> None:
    rate = AsyncLimiter(3, 3600)
    reasons = EventReasons(world.cluster, rate=rate)  # type: ignore[arg-type]
    made = await submit_waiting(world, 6)
    world.cluster.asked_for_events.clear()

    reading = [reasons.request(observed(world, each), []) for each in made]
    done, others = await asyncio.wait(list(filter(None, reading)), timeout=0.1)
    while len(done) < 3:
        more, others = await asyncio.wait(others, timeout=1)
        done |= more

    assert len(set(world.cluster.asked_for_events)) == 3
    for each in others:
        each.cancel()
    await asyncio.wait(others)


async def test_who_looks_at_one_job_is_told_why(world: World) -> None:
    made = (await submit_waiting(world, 1))[0]

    job = await world.listing.get(ADA, "vision", made["id"])

    assert "no service account" in (job.reason or "")


async def test_a_fault_of_one_job_leaves_the_others(world: World) -> None:
    broken, whole = await submit_waiting(world, 2)
    world.cluster.broken_events.add(observed(world, broken).object_name)

    page = await list_jobs(world)

    reasons = {each.job.id: each.job.reason for each in page.jobs}
    assert "no service account" in (reasons[whole["id"]] or "")
    assert reasons[broken["id"]] is None


async def test_an_answer_that_never_comes_is_given_up(world: World) -> None:
    reasons = EventReasons(world.cluster, answer_seconds=0.01)  # type: ignore[arg-type]
    job = observed(world, (await submit_waiting(world, 1))[0])
    world.cluster.answers_events.clear()

    reading = reasons.request(job, [])
    assert reading is not None
    async with asyncio.timeout(30):
        await reading

    assert reasons.cached(job) is None
