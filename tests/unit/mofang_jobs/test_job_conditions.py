"""What the service decided of a job is on its object: a restart forgets nothing."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.test_hang_monitor import checked, hangs_of, write_samples
from unit.mofang_jobs.test_restart_controller import refused
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import RestartRecord
from mofang_jobs.domain.conditions import (
    MOST_CHARACTERS,
    MOST_CONDITIONS,
    ConditionType,
    begin,
    build_annotations,
    change_conditions,
    read_conditions,
    read_failure,
)
from mofang_jobs.domain.models import ObservedJob
from mofang_jobs.services.hang_monitor import CHECKS_WITHOUT_VERDICT
from mofang_jobs.services.restart_state import StatusGracePeriod
from support.eventually import until

CONDITIONS = "mofang.dev/conditions"
FAILURE = "mofang.dev/failure"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


def observed(world: World, made: dict[str, Any]) -> ObservedJob:
    found = world.cache.find("vision", made["id"])
    assert found is not None
    return found


def annotation(world: World, made: dict[str, Any], name: str = CONDITIONS) -> Any:
    return world.cluster.jobs[made["id"]]["metadata"]["annotations"].get(name)


async def written(world: World, made: dict[str, Any], name: str = CONDITIONS) -> None:
    await until(lambda: annotation(world, made, name))


async def described_again(tmp_path: Path, world: World, made: dict[str, Any]) -> None:
    """A service that starts, and a copy that does not lead, say the same."""
    before = (await world.call("GET", made["id"])).json()
    await world.kill()
    for leads in (lambda: False, lambda: True):
        async with running_world(
            tmp_path,
            world.cluster,
            grace_period=StatusGracePeriod(3600),
            leads=leads,
        ) as again:
            for _ in range(3):
                (page,) = (await again.call("GET")).json()["jobs"]
                after = (await again.call("GET", made["id"])).json()
                assert (page, after) == (before, before), leads()
                again.cache.wake()
                await asyncio.sleep(0)


async def test_a_refused_restart(tmp_path: Path, world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)

    async def create(*_: Any) -> dict[str, Any]:
        tries.append(1)
        raise refused(422, "the admission webhook says no")

    tries: list[int] = []
    world.cluster.create = create  # type: ignore[method-assign]
    world.fail(made["id"])
    found = await world.eventually(made["id"], state="Failed")
    assert "It was not restarted: " in found["reason"]
    await written(world, made)

    await described_again(tmp_path, world, made)

    assert len(tries) == 1, "it is not tried again either"


async def test_why_a_job_failed_outlives_its_pods(tmp_path: Path, world: World) -> None:
    """Without it, the platform would restart a job whose script had failed."""
    made = await world.submit(replicas=2, restart={"limit": 2})
    await world.admit(made)
    world.run_pod(made)
    ended = {"exitCode": 3, "reason": "Error", "message": "ValueError: no such shape"}
    world.run_pod(made, 1, phase="Failed", state={"terminated": ended})
    world.fail(made["id"])
    await written(world, made, FAILURE)
    before = (await world.call("GET", made["id"])).json()
    assert "ValueError: no such shape" in before["reason"]
    world.cluster.pods.clear()
    for index in (0, 1):
        world.pods.drop(f"mofang-project-vision/{made['id']}-worker-{index}")

    after = (await world.call("GET", made["id"])).json()
    assert (after["state"], after["reason"]) == ("Failed", before["reason"])
    assert after["replicas"][1]["reason"] == before["replicas"][1]["reason"]
    await described_again(tmp_path, world, made)
    assert list(world.cluster.jobs) == [made["id"]]


async def test_a_job_that_is_restarted_needs_no_record_of_its_failure(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 1})
    await world.admit(made)
    world.run_pod(made, phase="Failed", state={"terminated": {"exitCode": 137}})
    world.cluster.pods[f"{made['id']}-worker-0"]["status"]["reason"] = "Evicted"
    world.pods.put(world.cluster.pods[f"{made['id']}-worker-0"])
    world.fail(made["id"])

    await world.eventually(made["id"], attempt=2)

    assert world.cluster.annotated == []


async def test_a_hang(tmp_path: Path, world: World) -> None:
    made = await world.submit(hold_on_failure_minutes=5)
    await world.admit(made)
    await checked(world, made, busy=False)
    await written(world, made)
    assert "seems to hang" in (await world.call("GET", made["id"])).json()["alert"]

    await described_again(tmp_path, world, made)

    async with running_world(tmp_path, world.cluster) as again:
        hangs = hangs_of(again)
        for _ in range(CHECKS_WITHOUT_VERDICT):
            await hangs.check()
            assert hangs.alert(observed(again, made)), "it cannot tell yet"
        await hangs.check()
        assert hangs.alert(observed(again, made)) is None, "it cannot tell at all"


async def test_a_hang_that_another_process_saw_ends_with_progress(
    tmp_path: Path, world: World
) -> None:
    made = await world.submit()
    await world.admit(made)
    await checked(world, made, busy=False)
    await written(world, made)

    async with running_world(tmp_path, world.cluster) as again:
        hangs = hangs_of(again)
        await hangs.check()
        write_samples(again, made, 30, busy=True)
        await hangs.check()
        await until(lambda: not annotation(again, made))
        assert hangs.alert(observed(again, made)) is None


async def test_a_lost_node(tmp_path: Path, world: World) -> None:
    made = await world.submit()
    await world.admit(made)
    world.run_pod(made)
    conditions = [{"type": "Ready", "status": "Unknown"}]
    status = {"capacity": {}, "allocatable": {}, "conditions": conditions}
    node = {
        "metadata": {"name": "cpu-1", "resourceVersion": "1"},
        "spec": {},
        "status": status,
    }
    world.cluster.nodes["cpu-1"] = node
    world.nodes.put(node)
    lost = world.restarts._lost_nodes
    lost.durations()
    lost._since = {name: since - 3600 for name, since in lost._since.items()}
    world.cache.wake()
    await written(world, made)
    found = (await world.call("GET", made["id"])).json()
    assert "is not responding" in found["alert"]

    await described_again(tmp_path, world, made)

    status["conditions"] = [{"type": "Ready", "status": "True"}]
    async with running_world(tmp_path, world.cluster) as again:
        await until(lambda: not annotation(again, made))
        assert (await again.call("GET", made["id"])).json()["alert"] is None


async def test_a_failed_admission(tmp_path: Path, world: World) -> None:
    async def unsuspend(*_: Any) -> dict[str, Any]:
        raise refused(422, "the operator says no")

    world.cluster.unsuspend = unsuspend  # type: ignore[method-assign]
    made = await world.submit()
    await written(world, made)
    found = (await world.call("GET", made["id"])).json()
    assert found["reason"].startswith("It could not be admitted yet: ")

    await described_again(tmp_path, world, made)

    del world.cluster.unsuspend
    async with running_world(tmp_path, world.cluster) as again:
        await again.admit(made)
        await until(lambda: not annotation(again, made))


async def test_a_debug_hold(tmp_path: Path, world: World) -> None:
    """It is on the storage; the first list of a new service knows of it."""
    made = await world.submit(hold_on_failure_minutes=60)
    await world.admit(made)
    world.run_pod(made)
    log = world.log_file(made)
    kept = {
        "exit_code": 1,
        "ended": NOW.isoformat(),
        "held_until": "2099-01-01T00:00:00Z",
    }
    log.with_name(f"{log.stem}.held.json").write_text(json.dumps(kept))
    found = (await world.call("GET", made["id"])).json()
    assert "It is held until" in found["replicas"][0]["reason"]

    await described_again(tmp_path, world, made)


async def test_the_place_in_the_queue(tmp_path: Path, world: World) -> None:
    """It is decided anew, before the first answer."""
    hard = {"requests.cpu": "1"}
    metadata = {"namespace": "mofang-project-vision", "name": "mofang"}
    quota = {"metadata": metadata, "hard": hard, "used": hard}
    world.quotas.put(quota)
    made = await world.submit()
    before = await world.eventually(made["id"], state="Queued")
    assert "quota is exceeded" in before["reason"]
    await world.kill()

    async with running_world(tmp_path, world.cluster) as again:
        again.quotas.put(quota)
        assert (await again.call("GET", made["id"])).json() == before


async def test_of_running_jobs_nothing_is_written(world: World) -> None:
    made = await world.submit()
    await world.admit(made)
    first = world.cluster.jobs[made["id"]]
    pod = world.run_pod(made)
    for number in range(500):
        body, copied = copy.deepcopy(first), copy.deepcopy(pod)
        name = f"other-{number:06}"
        for each in (body, copied):
            each["metadata"] |= {"name": name, "uid": f"uid-{name}"}
            each["metadata"]["labels"]["mofang.dev/job"] = name
        world.cluster.jobs[name] = body
        world.pods.put(copied)
        world.send(body)
    await world.kill()
    hangs = hangs_of(world)
    assert len(world.cache.list_unfinished()) == 501

    for _ in range(3):
        await world.restarts.reconcile()
        await world.queue.decide()
        await hangs.check()
        for job in world.cache.list_unfinished():
            await world.job_status.refresh(job)
        await world.conditions.write_due()

    assert world.cluster.annotated == []


async def test_a_message_that_counts_minutes_is_written_now_and_then(
    world: World,
) -> None:
    made = await world.submit()
    await world.admit(made)
    await world.kill()
    now = NOW
    world.conditions._now = lambda: now
    for minute in range(21):
        now = NOW + timedelta(minutes=minute)
        world.conditions.set(
            observed(world, made),
            ConditionType.HANGING,
            f"for {minute} minutes",
            update_after=timedelta(minutes=5),
        )
        await world.conditions.write_due()

    assert len(world.cluster.annotated) == 5
    (condition,) = observed(world, made).conditions
    assert condition.since == NOW, "it began when it began"
    assert condition.message == "for 20 minutes"


async def test_a_write_that_fails_is_tried_again_and_holds_up_nothing(
    world: World,
) -> None:
    world.conditions.retry_seconds = 0.01
    made = await world.submit()
    other = await world.submit(name="other")
    for each in (made, other):
        await world.admit(each)
        world.run_pod(each)
    world.cluster.refuses_annotations = True

    world.conditions.set(observed(world, made), ConditionType.HANGING, "It hangs.")

    assert world.job_status.describe(observed(world, made)).job.alert == "It hangs."
    await until(lambda: len(world.cluster.annotated) >= 3)
    assert annotation(world, made) is None
    world.cluster.refuses_annotations = False
    world.cluster.conflicts = 2
    world.conditions.set(observed(world, other), ConditionType.HANGING, "It hangs too.")
    await written(world, made)
    await written(world, other)
    await until(lambda: not world.conditions._unwritten)
    count = len(world.cluster.annotated)
    world.conditions.set(observed(world, made), ConditionType.HANGING, "It hangs.")
    await world.conditions.write_due()
    assert len(world.cluster.annotated) == count, "nothing is new"


async def test_what_is_set_on_a_job_that_is_deleted_is_forgotten(world: World) -> None:
    made = await world.submit()
    await world.admit(made)
    job = observed(world, made)
    assert (await world.call("DELETE", made["id"])).status_code == 204

    world.conditions.set(job, ConditionType.HANGING, "It hangs.")

    await until(lambda: not world.conditions._unwritten)
    assert world.cluster.annotated == []


async def test_a_copy_that_does_not_lead_sets_nothing(tmp_path: Path) -> None:
    leads = True
    async with running_world(tmp_path, leads=lambda: leads) as world:
        made = await world.submit()
        await world.admit(made)
        leads = False
        job = observed(world, made)
        world.conditions.set(job, ConditionType.HANGING, "It hangs.")
        assert world.conditions.find(job, ConditionType.HANGING) is None
        world.conditions.record_failure(
            job, RestartRecord(attempt=1, at=NOW, cause="x")
        )
        await world.conditions.write_due()
        assert world.cluster.annotated == []


def test_conditions_are_bounded_and_read_with_care() -> None:
    long = begin(ConditionType.HANGING, "x" * 5000, NOW)
    newer = long.model_copy(update={"type": "OfANewerVersion", "message": "y"})
    failure = RestartRecord(attempt=1, at=NOW, cause="z", replica="worker-1")
    found = build_annotations([long, newer], failure)
    texts = {name: text for name, text in found.items() if text}

    assert len(long.message) == MOST_CHARACTERS
    assert read_conditions(texts) == (long, newer)
    assert read_failure(texts) == failure
    assert change_conditions((long, newer), {"Hanging": None}) == (newer,)
    assert build_annotations([], None) == {CONDITIONS: None, FAILURE: None}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "7", '{"type": "Hanging"}', '[{"type": "Hanging"}, 3]'],
)
def test_what_somebody_wrote_there_breaks_nothing(text: str) -> None:
    held = {CONDITIONS: text, FAILURE: text}
    assert read_conditions(held) == ()
    assert read_failure(held) is None


def test_no_more_than_some_are_read() -> None:
    many = [
        begin(ConditionType.HANGING, "x", NOW).model_copy(update={"type": str(number)})
        for number in range(99)
    ]
    text = build_annotations(many, None)[CONDITIONS]
    assert len(read_conditions({CONDITIONS: str(text)})) == MOST_CONDITIONS
