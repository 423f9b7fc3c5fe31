"""What events say of jobs that do not start: how often it is read, and who waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiolimiter import AsyncLimiter
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_jobs.domain.job_filter import Filter
from mofang_jobs.domain.models import Caller, ObservedJob
from mofang_jobs.services import event_reasons, job_status
from mofang_jobs.services.job_listing import JobPage
from support.eventually import until

ADA = Caller(name="ada", scopes=frozenset(SCOPES))


class Events:
    """What the API server has of them, told when a test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()

    async def warnings(self, _: str, name: str) -> list[tuple[str, str]]:
        self.asked.append(name)
        await self.may_answer.wait()
        return [("FailedCreatePod", "no service account")]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


@pytest.fixture
async def events(world: World, monkeypatch: pytest.MonkeyPatch) -> Events:
    found = Events()
    monkeypatch.setattr(world.cluster, "warnings", found.warnings)
    return found


async def submit_waiting(world: World, count: int) -> list[dict[str, Any]]:
    """Jobs that are admitted and have no pods."""
    made = [await world.submit() for _ in range(count)]
    for each in made:
        await world.admit(each)
    await world.kill()
    return made


async def list_jobs(world: World) -> JobPage:
    return await world.listing.list_jobs(
        ADA, "vision", limit=100, after=None, wanted=Filter()
    )


async def test_a_page_does_not_wait_for_a_busy_api_server(
    world: World, events: Events
) -> None:
    await submit_waiting(world, 2)

    first = await list_jobs(world)
    again = await list_jobs(world)

    assert [each.job.reason for each in first.jobs] == [None, None]
    assert [each.job.reason for each in again.jobs] == [None, None]
    assert len(events.asked) == 2, "who asks meanwhile does not ask again"

    events.may_answer.set()

    def is_said(job: ObservedJob) -> bool:
        return "account" in (world.job_status.describe(job).job.reason or "")

    await until(lambda: all(is_said(each) for each in world.cache.list_unfinished()))


async def test_a_watch_does_not_wait_for_a_busy_api_server(
    world: World, events: Events
) -> None:
    made, other = await submit_waiting(world, 2)
    watch = world.listing.watch(ADA, "vision", poll_seconds=0.01)
    assert await anext(watch) is None
    while not events.asked:
        await world.job_status.refresh_all(world.cache.list_unfinished(), within=0)
        await asyncio.sleep(0)

    world.run_pod(other, 0)
    change = await anext(watch)

    assert change is not None
    assert change.job.job.id == other["id"]
    assert change.job.job.id != made["id"]
    await watch.aclose()


async def test_there_are_only_so_many_requests_however_many_jobs_wait(
    world: World, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = world.job_status._event_reasons
    monkeypatch.setattr(reasons, "_rate", AsyncLimiter(3, 3600))
    events.may_answer.set()
    await submit_waiting(world, 6)

    await list_jobs(world)

    assert len(set(events.asked)) == 3


async def test_who_looks_at_one_job_is_told_why(world: World, events: Events) -> None:
    made = (await submit_waiting(world, 1))[0]
    events.may_answer.set()

    job = await world.listing.get(ADA, "vision", made["id"])

    assert "no service account" in (job.reason or "")


async def test_a_fault_of_one_job_leaves_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = await submit_waiting(world, 2)

    async def warnings(_: str, name: str) -> list[tuple[str, str]]:
        if name == broken["id"]:
            raise RuntimeError("unexpected")
        return [("FailedCreatePod", "no service account")]

    monkeypatch.setattr(world.cluster, "warnings", warnings)
    page = await list_jobs(world)

    reasons = {each.job.id: each.job.reason for each in page.jobs}
    assert "no service account" in (reasons[whole["id"]] or "")
    assert reasons[broken["id"]] is None


async def test_an_answer_that_never_comes_is_given_up(
    world: World, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_reasons, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(job_status, "JOB_SECONDS", 60)
    made = (await submit_waiting(world, 1))[0]
    began = time.monotonic()

    job = await world.listing.get(ADA, "vision", made["id"])

    assert job.reason is None
    assert events.asked
    assert time.monotonic() - began < 50
