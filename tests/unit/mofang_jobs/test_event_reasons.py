"""What events say of jobs that do not start: how often it is read, and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiolimiter import AsyncLimiter
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_jobs.domain.job_filter import Filter
from mofang_jobs.domain.models import Caller, ObservedJob
from mofang_jobs.services.event_reasons import USUAL_START_SECONDS, EventReasons
from mofang_jobs.services.job_listing import JobPage
from support.clock import FakeClock
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


async def list_until(
    world: World, condition: Callable[[dict[str, str | None]], bool]
) -> None:
    """List until it holds for the reasons, by the job's id."""
    async with asyncio.timeout(60):
        while True:
            page = await list_jobs(world)
            if condition({each.job.id: each.job.reason for each in page.jobs}):
                return
            await asyncio.sleep(0.05)


async def test_a_page_does_not_wait_for_a_busy_api_server(world: World) -> None:
    await submit_waiting(world, 2)
    world.cluster.answers_events.clear()
    world.cluster.asked_for_events.clear()
    asked = world.cluster.asked_for_events

    await list_until(world, lambda _: len(asked) == 2)
    again = await list_jobs(world)

    assert [each.job.reason for each in again.jobs] == [None, None]
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
    waiting = world.cache.list_unfinished()
    await world.job_status.refresh_all(waiting, within=0, at_once=True)
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

    jobs = [observed(world, each) for each in made]
    reading = [reasons.request(each, [], at_once=True) for each in jobs]
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

    def is_said_of_the_whole(reasons: dict[str, str | None]) -> bool:
        assert reasons[broken["id"]] is None
        return "no service account" in (reasons[whole["id"]] or "")

    await list_until(world, is_said_of_the_whole)


async def test_a_start_of_usual_length_costs_no_look_at_events(world: World) -> None:
    clock = FakeClock()
    reasons = EventReasons(world.cluster, clock=clock)  # type: ignore[arg-type]
    job = observed(world, (await submit_waiting(world, 1))[0])

    assert reasons.request(job, []) is None
    clock.advance(USUAL_START_SECONDS - 0.1)
    assert reasons.request(job, []) is None
    clock.advance(0.2)
    reading = reasons.request(job, [])

    assert reading is not None
    await reading
    assert "no service account" in (reasons.cached(job) or "")


async def test_an_answer_that_never_comes_is_given_up(world: World) -> None:
    reasons = EventReasons(world.cluster, answer_seconds=0.01)  # type: ignore[arg-type]
    job = observed(world, (await submit_waiting(world, 1))[0])
    world.cluster.answers_events.clear()

    reading = reasons.request(job, [], at_once=True)
    assert reading is not None
    async with asyncio.timeout(30):
        await reading

    assert reasons.cached(job) is None
