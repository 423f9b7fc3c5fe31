"""The restart controller at work in the whole service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import RestartRecord
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.restart_rules import (
    TOO_LATE,
)
from mofang_jobs.services.restart_state import (
    StatusGracePeriod,
)
from mofang_kube.errors import (
    MofangError,
    wrap_api_errors,
)
from support.clock import FakeClock
from support.eventually import until

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def test_a_lost_gang_starts_again_and_tells_why(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    world.fail(made["id"])

    again = await world.eventually(made["id"], attempt=2)

    assert again["created"] == made["created"]
    assert again["restarts"][0]["cause"]
    assert list(world.cluster.jobs) == [f"{made['id']}-r2"], "the first was removed"


async def test_another_copy_of_the_service_answers_and_acts_once_it_leads(
    tmp_path: Path,
) -> None:
    """While a new version takes over both are there; one lets in and restarts."""
    leads = False
    async with running_world(tmp_path, leads=lambda: leads) as world:
        waiting = await world.submit()
        lost = await world.submit(restart={"limit": 2})
        world.fail(lost["id"])
        await world.eventually(waiting["id"], state="Queued")
        await world.eventually(lost["id"], state="Restarting")
        assert list(world.cluster.jobs) == [waiting["id"], lost["id"]]
        assert world.cluster.jobs[waiting["id"]]["spec"]["runPolicy"]["suspend"]

        leads = True
        world.cache.wake()

        await world.admit(waiting)
        await world.eventually(lost["id"], attempt=2)


async def test_cancelling_between_two_attempts_cancels_for_good(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    body = world.cluster.jobs[made["id"]]
    body["metadata"]["annotations"]["mofang.dev/cancelled-by"] = "ada"
    world.fail(made["id"])

    found = await world.eventually(made["id"], state="Cancelled")

    assert found["attempt"] == 1


def during_create(world: World, act: Callable[[str], Awaitable[None]]) -> None:
    """Do something while the next attempt is made: it is there, but nobody knows."""
    create = world.cluster.create

    async def slow(kind: Any, objects: Any) -> dict[str, Any]:
        made = await create(kind, objects)
        await act(made["metadata"]["name"])
        return made

    world.cluster.create = slow  # type: ignore[method-assign]


async def test_cancelling_while_the_next_attempt_is_made_cancels_that_too(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})

    async def cancel(_: str) -> None:
        answer = await world.call("POST", f"{made['id']}/cancel")
        assert answer.json()["state"] in {"Cancelled", "Cancelling"}
        # The queue or the operator changes the new attempt just then.
        world.cluster.conflicts = 2

    during_create(world, cancel)
    world.fail(made["id"])
    await until(lambda: list(world.cluster.jobs) == [f"{made['id']}-r2"])

    found = (await world.call("GET", made["id"])).json()
    assert found["attempt"] == 2
    assert found["reason"] == "Cancelled by ada."


async def test_a_cancellation_outlives_the_service_that_should_pass_it_on(
    tmp_path: Path,
) -> None:
    """Killed between two attempts, the next service still knows."""
    async with running_world(tmp_path) as world:
        made = await world.submit(restart={"limit": 2})

        async def cancel(_: str) -> None:
            await world.call("POST", f"{made['id']}/cancel")
            raise asyncio.CancelledError

        during_create(world, cancel)
        world.fail(made["id"])
        await until(lambda: any(task.done() for task in world.work))
        await world.kill()
        del world.cluster.create
    assert len(world.cluster.jobs) == 2

    async with running_world(tmp_path, world.cluster) as again:
        await until(lambda: list(again.cluster.jobs) == [f"{made['id']}-r2"])
        found = (await again.call("GET", made["id"])).json()
        assert found["reason"] == "Cancelled by ada."


async def test_a_job_deleted_while_it_starts_again_stays_deleted(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    answers = []

    async def delete(_: str) -> None:
        answers.append((await world.call("DELETE", made["id"])).status_code)

    during_create(world, delete)
    world.fail(made["id"])
    await until(lambda: answers and not world.cluster.jobs)

    assert answers == [204]
    assert (await world.call("GET", made["id"])).status_code == 404


async def test_an_attempt_that_comes_late_in_a_deletion_goes_too(world: World) -> None:
    """What another copy of the service has made is not known from ourselves."""
    made = await world.submit()
    observed = world.cache.find("vision", made["id"])
    assert observed is not None
    (first,) = world.cache.attempts_of("vision", made["id"])
    assert (await world.call("DELETE", made["id"])).status_code == 204

    world.cluster.jobs["late"] = {}
    name = {**first["metadata"], "name": "late", "uid": "late"}
    world.cache.put({**first, "metadata": name})
    await until(lambda: not world.cluster.jobs)
    assert (await world.call("GET", made["id"])).status_code == 404


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
async def test_a_job_that_ended_while_it_was_judged_is_not_restarted_for_a_hang(
    world: World, end: str
) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    observed = world.cache.find("vision", made["id"])
    assert observed is not None
    await world.kill()
    world.fail(made["id"], end)

    await world.restarts.restart(
        observed,
        RestartRecord(attempt=1, at=NOW, cause="It hangs.", platform_failure=True),
    )

    assert list(world.cluster.jobs) == [made["id"]]


async def test_restarts_wait_for_projects_that_nobody_asked_for_yet(
    world: World,
) -> None:
    """Projects are followed once somebody wants them: here nobody does."""
    made = await world.submit(restart={"limit": 2})
    known, world.catalog.projects = world.catalog.projects, {}

    async def ready() -> None:
        world.catalog.projects = known

    world.catalog.ready = ready  # type: ignore[method-assign]
    world.fail(made["id"])
    await until(lambda: list(world.cluster.jobs) == [f"{made['id']}-r2"])


async def test_a_project_that_is_not_ready_for_a_moment_puts_a_restart_off(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    project = world.catalog.projects["vision"]
    busy = project.model_copy(update={"phase": "Pending"})
    world.catalog.projects["vision"] = busy
    world.fail(made["id"])
    await world.check()
    assert (await world.call("GET", made["id"])).json()["state"] == "Restarting"
    assert list(world.cluster.jobs) == [made["id"]]

    world.catalog.projects["vision"] = project
    world.wake()
    await until(lambda: list(world.cluster.jobs) == [f"{made['id']}-r2"])


async def test_what_failed_long_ago_is_not_restarted(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    before = datetime.now(UTC) - timedelta(minutes=61)
    world.fail(made["id"], at=before)

    reason = (
        "It is not known which replica failed first: its pod was deleted, as when a "
        "node is drained or an administrator deletes it. See the logs. "
        f"It was not restarted: {TOO_LATE}"
    )
    await world.eventually(made["id"], state="Failed", reason=reason)
    assert list(world.cluster.jobs) == [made["id"]]


async def test_watchers_are_told_when_a_restart_is_refused(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    observed = world.cache.find("vision", made["id"])
    assert observed is not None
    with world.cache.subscribed("vision") as subscription:
        await subscription.wait(0)
        world.conditions.set(observed, ConditionType.RESTART_REFUSED, "It may not.")
        assert made["id"] in await subscription.wait(0)


async def test_a_script_that_failed_is_not_restarted_though_its_pod_tells_late(
    tmp_path: Path,
) -> None:
    """Of the two watches, that of the pods is behind."""
    clock = FakeClock()
    grace_period = StatusGracePeriod(10, clock=clock)
    async with running_world(tmp_path, grace_period=grace_period) as world:
        made = await world.submit(restart={"limit": 2})
        await world.admit(made)
        world.run_pod(made)
        world.fail(made["id"])
        await world.check()
        clock.advance(9)
        await world.check()
        ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
        world.run_pod(made, phase="Failed", state=ended)

        await world.eventually(made["id"], state="Failed")
        clock.advance(10)
        world.wake()
        await world.check()
        assert list(world.cluster.jobs) == [made["id"]]


def refused(status: int, message: str = "no") -> MofangError:
    """What is raised when Kubernetes answers so."""
    try:
        with wrap_api_errors("create", "job", "train"):
            raise ApiException(status=status, reason=message)
    except MofangError as err:
        return err


async def test_a_restart_that_kubernetes_refuses_is_tried_once_and_told(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    tries = []

    async def create(*_: Any) -> dict[str, Any]:
        tries.append(1)
        raise refused(422, "the admission webhook says no")

    world.cluster.create = create  # type: ignore[method-assign]
    world.fail(made["id"])
    found = await world.eventually(made["id"], state="Failed")
    world.wake()
    await world.check()

    assert "It was not restarted: Could not create job" in found["reason"]
    assert "the admission webhook says no" in found["reason"]
    assert len(tries) == 1


async def test_cancelling_an_attempt_that_just_went_cancels_the_next(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    find, looked = world.cluster.find, []

    async def slow(kind: Any, namespace: str, name: str) -> dict[str, Any] | None:
        if name == made["id"] and not looked:
            looked.append(name)
            world.fail(name)
            await until(lambda: list(world.cluster.jobs) == [f"{name}-r2"])
            return None
        return await find(kind, namespace, name)

    world.cluster.find = slow  # type: ignore[method-assign]
    answer = await world.call("POST", f"{made['id']}/cancel")

    assert answer.status_code == 200
    assert answer.json()["attempt"] == 2
    assert answer.json()["reason"] == "Cancelled by ada."
