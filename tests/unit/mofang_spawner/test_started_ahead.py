"""What a spawner does for a server that nobody has asked for, and for its room."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime

import pytest
from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client import ApiException
from unit.mofang_spawner.conftest import a_plan
from unit.mofang_spawner.fake_cluster import POD

from mofang_kube.names import STARTED_AHEAD_LABEL, UNUSED
from mofang_spawner.start_choices import KEPT_CHOICES, StartChoices

STARTED = datetime(2026, 11, 30, 9, 12)  # noqa: DTZ001 - as the hub's database
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/2 nodes are available: 2 Insufficient cpu.",
}


def quota_is_full():
    error = ApiException(status=403, reason="Forbidden")
    message = (
        'pods "x" is forbidden: exceeded quota: mofang, requested: requests.cpu=1, '
        "used: requests.cpu=4, limited: requests.cpu=4"
    )
    error.body = json.dumps({"message": message, "reason": "Forbidden"})
    return error


async def until(is_so):
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - the fake has no event
            await asyncio.sleep(0.01)


async def begin(spawner, context):
    task = asyncio.create_task(spawner._start())
    await until(lambda: task.done() or context.core.count()["service"])
    return task


async def cancel(task):
    task.cancel()
    await asyncio.wait([task])


def label(context):
    labels = context.core.objects["pod", POD]["metadata"]["labels"]
    return labels.get(STARTED_AHEAD_LABEL)


async def test_its_pod_says_so_until_somebody_uses_it(starting, context):
    starting.begin_ahead()
    task = await begin(starting, context)
    assert label(context) == UNUSED

    starting.begin_use()
    starting.orm_spawner.started = STARTED
    await starting.label_used()

    assert label(context) == "1796029920"
    writes = len(context.core.writes)
    await starting.label_used()
    assert len(context.core.writes) == writes, "once"
    await cancel(task)


async def test_the_pod_of_any_other_server_says_nothing(starting, context):
    task = await begin(starting, context)
    starting.orm_spawner.started = STARTED

    await starting.label_used()

    assert label(context) is None
    await cancel(task)


async def test_a_start_that_the_quota_refuses_gets_the_room_of_what_is_unused(
    starting, context
):
    context.core.failures["create", "pod"] = quota_is_full()

    def give_way():
        del context.core.failures["create", "pod"]
        return True

    context.gives_way = give_way
    task = await begin(starting, context)

    assert not task.done()
    assert context.asked_for_room == [("vision", True)]
    await cancel(task)


@pytest.mark.parametrize("is_ahead", [True, False])
async def test_a_refusal_stays_where_nothing_gives_way(starting, context, is_ahead):
    """And a server that nobody has asked for drives out no other."""
    context.core.failures["create", "pod"] = quota_is_full()
    if is_ahead:
        starting.begin_ahead()

    with pytest.raises(SpawnException) as caught:
        await starting._start()

    assert caught.value.status_code == 403
    assert context.asked_for_room == ([] if is_ahead else [("vision", True)])


async def test_a_start_that_finds_no_node_asks_for_room_and_waits(starting, context):
    task = await begin(starting, context)

    context.core.put_pod(phase="Pending", conditions=[UNSCHEDULABLE])

    await until(lambda: context.asked_for_room)
    assert context.asked_for_room == [("vision", False)]
    assert not task.done()
    await cancel(task)


async def test_what_nobody_asked_for_does_not_wait_for_a_node(starting, context):
    starting.begin_ahead()
    task = await begin(starting, context)

    context.core.put_pod(phase="Pending", conditions=[UNSCHEDULABLE])

    with pytest.raises(SpawnException):
        await asyncio.wait_for(task, 30)
    assert context.asked_for_room == []
    assert "last_failure" not in starting.get_state()
    assert ("pod", POD) not in context.core.objects


async def test_the_pod_is_gone_when_its_removal_returns(starting, context):
    starting.begin_ahead()
    task = await begin(starting, context)

    await asyncio.wait_for(starting.remove_pod(), 30)

    assert ("pod", POD) not in context.core.objects
    with pytest.raises(SpawnException, match="removed while it started"):
        await task


# -- what is noted of starts


def test_a_start_is_noted_with_what_somebody_waited(starting, context):
    starting._note_start(a_plan(), 2.5)
    starting.begin_use()
    starting._note_start(a_plan(), 2.5)

    assert context.starts._seconds["pytorch"][0] == 2.5
    assert context.starts._seconds["pytorch"][1] < 1.0
    assert context.choices.likely("ada")[0].starts == 2


def test_a_look_into_a_job_is_no_choice(starting, context):
    starting._note_start(replace(a_plan(), job="train-abc123"), 2.5)

    assert context.choices.likely("ada") == []


async def test_the_state_survives_and_ends_with_the_server(starting):
    starting.begin_ahead()
    kept = starting.get_state()

    starting.clear_state()
    assert starting.is_unused, "JupyterHub asks before a start, too"
    starting._stop_pending = True
    starting.clear_state()
    assert not starting.is_unused
    assert "started_ahead" not in starting.get_state()
    starting.load_state(kept)
    assert starting.is_unused


def test_the_newest_choices_count():
    choices = StartChoices()
    choices.load([("ada", "old")] * 5 + [("ben", "other")])
    for _ in range(KEPT_CHOICES - 2):
        choices.add("ada", "new")

    first, second = choices.likely("ada")

    assert (first.name, first.share, first.starts) == ("new", 0.9, KEPT_CHOICES)
    assert (second.name, second.share) == ("old", 0.1)
    assert choices.likely("cem") == []
