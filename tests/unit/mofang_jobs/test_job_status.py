"""A job is described once per change, and anew after every change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.world import SCOPES, World, running_world

from mofang_api.models import JobEvent, JobList
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.models import Caller, ObservedJob
from mofang_jobs.domain.queue_decisions import AdmissionDecision
from mofang_jobs.services.job_listing import JobChange, JobPage
from mofang_jobs.services.job_status import DescribedJob

Made = dict[str, Any]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


@pytest.fixture
async def running(world: World) -> Made:
    """A job of two replicas that runs; nothing works in the background any more."""
    made = await world.submit(replicas=2, restart={"limit": 2})
    await world.admit(made)
    for index in (0, 1):
        world.run_pod(made, index)
    await world.kill()
    return made


def observed(world: World, made: Made) -> ObservedJob:
    found = world.cache.find("vision", made["id"])
    assert found is not None
    return found


def describe(world: World, made: Made, *, shell: bool = False) -> DescribedJob:
    return world.job_status.describe(observed(world, made), shell=shell)


async def test_a_job_that_did_not_change_is_not_described_again(
    world: World, running: Made
) -> None:
    first = describe(world, running)

    assert first.job.state == "Running"
    assert describe(world, running) is first
    assert observed(world, running) is observed(world, running)


async def test_each_caller_sees_their_own_rights_to_shells(
    world: World, running: Made
) -> None:
    """Whoever asks first must not decide for those who ask next."""
    with_shell = describe(world, running, shell=True)
    without = describe(world, running)

    assert [each.shell_allowed for each in with_shell.job.replicas] == [True, True]
    assert [each.shell_allowed for each in without.job.replicas] == [False, False]
    assert describe(world, running, shell=True) is with_shell
    for user, shell in (("ada", True), ("eve", False), ("ada", True)):
        page = (await world.call("GET", user=user)).json()
        assert page["jobs"][0]["replicas"][0]["shell_allowed"] is shell, user


def pod_moves(world: World, made: Made) -> None:
    pod = world.run_pod(made, 1)
    pod["spec"]["nodeName"] = "cpu-2"
    world.pods.put(pod)


def pod_goes(world: World, made: Made) -> None:
    world.pods.drop(f"mofang-project-vision/{made['id']}-worker-1")


def job_fails(world: World, made: Made) -> None:
    world.fail(made["id"])


def job_is_cancelled(world: World, made: Made) -> None:
    body = world.cluster.jobs[made["id"]]
    body["metadata"]["annotations"]["mofang.dev/cancelled-by"] = "ben"
    body["metadata"]["resourceVersion"] = "9999"
    world.send(body)


def job_hangs(world: World, made: Made) -> None:
    world.conditions.set(
        observed(world, made), ConditionType.HANGING, "It makes no progress."
    )


def node_is_lost(world: World, made: Made) -> None:
    world.nodes.put(
        {
            "metadata": {"name": "cpu-1", "resourceVersion": "1"},
            "spec": {},
            "status": {
                "capacity": {},
                "allocatable": {},
                "conditions": [{"type": "Ready", "status": "Unknown"}],
            },
        }
    )
    lost = world.restarts._lost_nodes
    lost.durations()
    lost._since = {name: since - 3600 for name, since in lost._since.items()}


def replica_is_retained(world: World, made: Made) -> None:
    job = observed(world, made)
    until = job.created.replace(year=2027)
    world.job_status._retained[job.uid] = {("worker", 0): (until, "It failed.")}


@pytest.mark.parametrize(
    "change",
    [
        pod_moves,
        pod_goes,
        job_fails,
        job_is_cancelled,
        job_hangs,
        node_is_lost,
        replica_is_retained,
    ],
    ids=lambda change: change.__name__,
)
async def test_every_change_of_a_running_job_is_told(
    world: World, running: Made, change: Callable[[World, Made], None]
) -> None:
    before = describe(world, running)

    change(world, running)

    after = describe(world, running)
    assert after.json != before.json
    assert after.job.model_dump_json() == after.json


async def test_a_restart_that_is_refused_is_told(world: World, running: Made) -> None:
    world.fail(running["id"])
    before = describe(world, running)
    world.conditions.set(
        observed(world, running), ConditionType.RESTART_REFUSED, "The image is gone."
    )

    after = describe(world, running)

    assert (before.job.state, after.job.state) == ("Restarting", "Failed")
    assert "The image is gone." in str(after.job.reason)


async def test_the_place_in_the_queue_and_its_reason_are_told(world: World) -> None:
    await world.kill()
    made = await world.submit()
    seen_states = [describe(world, made).job]
    for position, length, reason in (
        (2, 2, "No room."),
        (1, 2, "No room."),
        (1, 1, "x"),
    ):
        decision = AdmissionDecision(position=position, reason=reason)
        others = {f"other-{n}": decision for n in range(length - 1)}
        world.queue._keep("vision", {made["id"]: decision, **others})
        seen_states.append(describe(world, made).job)

    assert [each.state for each in seen_states] == ["Submitted", *["Queued"] * 3]
    assert [
        (each.queue.position, each.queue.length, each.reason)
        for each in seen_states
        if each.queue
    ] == [(2, 2, "No room."), (1, 2, "No room."), (1, 1, "x")]


async def test_what_events_say_is_told(world: World) -> None:
    made = await world.submit()
    await world.admit(made)
    await world.kill()
    before = describe(world, made)
    world.cluster.said = [("FailedCreatePod", "no service account")]
    await world.job_status.refresh(observed(world, made))

    assert "no service account" not in before.json
    assert "no service account" in describe(world, made).json


async def test_every_watcher_is_told_what_only_the_service_knows(
    world: World,
) -> None:
    """No object changes: each watcher has to notice by itself."""
    made = await world.submit()
    await world.admit(made)
    await world.kill()
    caller = Caller(name="ada", scopes=frozenset(SCOPES))
    watches = [
        world.listing.watch(caller, "vision", poll_seconds=0.01) for _ in range(3)
    ]
    for watch in watches:
        assert await anext(watch) is None
    world.cluster.said = [("FailedCreatePod", "no service account")]

    async with asyncio.timeout(30):
        for watch in watches:
            change = await anext(watch)
            assert change is not None
            assert "no service account" in str(change.job.job.reason)
            await watch.aclose()


async def test_a_page_is_what_its_model_would_be(world: World, running: Made) -> None:
    jobs = [describe(world, running, shell=shell) for shell in (False, True)]
    for follows in (None, '2026-11-23T00:00:00Z~train"é'):
        page = JobPage(jobs=jobs, next=follows, total=7)
        model = JobList(jobs=[each.job for each in jobs], next=follows, total=7)
        assert JobList.model_validate_json(page.to_json()) == model
    empty = JobPage(jobs=[], next=None, total=0)
    assert empty.to_json() == JobList(jobs=[], total=0).model_dump_json()
    change = JobChange(type="added", job=jobs[0])
    event = JobEvent(type="added", job=jobs[0].job)
    assert change.to_json() == event.model_dump_json()


async def test_few_descriptions_are_kept(tmp_path: Path) -> None:
    async with running_world(tmp_path, most_described=1) as world:
        made, other = await world.submit(), await world.submit(name="other")
        first = describe(world, made)
        describe(world, other)

        assert describe(world, made) is not first
        assert describe(world, made).json == first.json
