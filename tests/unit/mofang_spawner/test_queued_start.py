"""Starts that wait for the quota or for a node, with the spawner itself."""

import asyncio
import json

import pytest
from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client import ApiException
from unit.mofang_spawner.conftest import a_catalog, a_plan, project_body
from unit.mofang_spawner.fake_cluster import NAMESPACE

from mofang_spawner.server_failure import ServerFailure
from mofang_spawner.server_start import ServerStart
from support.eventually import until

GPU = "nvidia.com/gpu"
CHOICE = {"project": "vision", "environment": "pytorch", "cpu": "2"}
QUOTA = {"name": "vision", "quota": {"cpu": "4"}}


class ReadyStart(ServerStart):
    """The server answers once its container runs."""

    async def _wait_for_answer(self, url):
        pass


def a_node(cpu="4"):
    amounts = {"cpu": cpu, "memory": "64Gi", GPU: "0"}
    return {
        "metadata": {"name": "cpu-1", "labels": {}},
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def other_pod(cpu, name="other"):
    """Another one's pod of the same project."""
    container = {"name": "notebook", "resources": {"requests": {"cpu": cpu}}}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": name},
        "spec": {"nodeName": "cpu-1", "containers": [container]},
        "status": {"phase": "Running"},
    }


def refusal(used):
    message = (
        'pods "x" is forbidden: exceeded quota: mofang, requested: requests.cpu=2, '
        f"used: requests.cpu={used}, limited: requests.cpu=4"
    )
    error = ApiException(status=403, reason="Forbidden")
    error.body = json.dumps({"message": message})
    return error


@pytest.fixture
def queued(starting, context):
    """A spawner that may wait; its project may have 4 CPU, and it asks for 2."""
    starting.server_start_class = ReadyStart
    starting.start_timeout, starting.queue_timeout = 3630, 3600
    starting._plan = a_plan(project=QUOTA, cpu="2")
    starting.user_options = dict(CHOICE)
    starting._get_pod_url = lambda pod: "http://10.0.0.1:8888"
    context.catalog = a_catalog([project_body(**QUOTA)])
    context.node_bodies.append(a_node("8"))
    return starting


@pytest.fixture
async def kubelet(context):
    """Runs each pod whose gate is open."""

    async def run():
        while True:
            for (kind, _), pod in list(context.core.objects.items()):
                is_open = not pod.get("spec", {}).get("schedulingGates")
                if kind == "pod" and is_open and not pod.get("status"):
                    state = {"name": "notebook", "state": {"running": {}}}
                    context.core.put_pod(
                        phase="Running", podIP="10.0.0.1", containerStatuses=[state]
                    )
            await asyncio.sleep(0.01)

    task = asyncio.ensure_future(run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def start(spawner):
    """Begin a start, as JupyterHub does."""
    task = asyncio.ensure_future(spawner.start())
    await asyncio.sleep(0)
    return task


async def cancel(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def heard(spawner):
    return [event async for event in spawner.progress()]


@pytest.mark.usefixtures("kubelet")
async def test_who_fits_does_not_wait(queued):
    assert await asyncio.wait_for(await start(queued), 30)

    events = await heard(queued)
    assert not any(event.get("queued") for event in events)
    assert queued.queued_message == ""


@pytest.mark.usefixtures("kubelet")
async def test_a_start_waits_for_the_quota_and_says_for_what(queued, context):
    context.pods.put(other_pod("3"))
    task = await start(queued)
    await until(lambda: queued.queued_message)

    assert queued.queued_message == (
        "Waiting in the queue of Vision, 1 of 1: Vision uses 3 of 4 CPU, and this "
        "server asks for 2."
    )
    assert not context.core.objects
    context.pods.send("DELETED", other_pod("3"))

    assert await asyncio.wait_for(task, 30) == "http://10.0.0.1:8888"
    assert queued.queued_message == ""
    queued_events = [event for event in await heard(queued) if event.get("queued")]
    assert len(queued_events) == 1


@pytest.mark.usefixtures("kubelet")
async def test_a_pod_that_the_quota_refuses_is_tried_again(queued, context):
    """The quota counts what has gone for a moment longer than the nodes do."""
    context.core.failures["create", "pod"] = refusal(used=4)
    task = await start(queued)
    await until(lambda: "Vision uses 4 of 4 CPU" in queued.queued_message)

    context.core.failures.clear()

    assert await asyncio.wait_for(task, 30)


async def test_a_pod_that_the_quota_will_never_take_is_refused(queued, context):
    error = refusal(used=0)
    error.body = error.body.replace("requests.cpu=2", "requests.cpu=5")
    context.core.failures["create", "pod"] = error

    with pytest.raises(SpawnException, match="asks for 5 CPU") as caught:
        await asyncio.wait_for(await start(queued), 30)

    assert caught.value.status_code == 403
    assert caught.value.reason == "quota_exceeded"


async def test_who_may_not_wait_is_refused_as_before(queued, context):
    queued.queue_timeout = 0
    context.core.failures["create", "pod"] = refusal(used=4)

    with pytest.raises(SpawnException, match="exceeded quota"):
        await asyncio.wait_for(await start(queued), 30)


async def test_a_start_that_waits_is_cancelled_without_a_trace(queued, context):
    context.pods.put(other_pod("4"))
    task = await start(queued)
    await until(lambda: queued.queued_message)

    await cancel(task)

    assert not context.core.objects
    assert not context.start_queue._entries
    assert queued.queued_message == ""


@pytest.mark.usefixtures("kubelet")
async def test_a_cancel_while_it_is_admitted_leaves_nothing(queued, context):
    """At each turn of the loop from the moment that there is room."""
    for turns in range(0, 40, 3):
        context.pods.put(other_pod("4"))
        task = await start(queued)
        await until(lambda: queued.queued_message)
        context.pods.send("DELETED", other_pod("4"))
        context.start_queue.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            # It was faster, and runs.
            context.core.lose_pod()
        context.core.collect_garbage()
        assert not context.core.objects, turns
        assert not context.start_queue._entries, turns


async def test_who_waits_as_long_as_may_be_is_told(queued, context):
    queued.start_timeout, queued.queue_timeout = 31, 1
    context.pods.put(other_pod("4"))

    with pytest.raises(SpawnException, match="waited as long as it may") as caught:
        await asyncio.wait_for(await start(queued), 30)

    assert caught.value.reason == "queue_timeout"
    assert not context.start_queue._entries


@pytest.mark.usefixtures("kubelet")
async def test_who_left_the_project_meanwhile_does_not_start(queued, context):
    context.pods.put(other_pod("4"))
    task = await start(queued)
    await until(lambda: queued.queued_message)
    context.catalog = a_catalog([project_body(**QUOTA, members=[])])
    context.pods.send("DELETED", other_pod("4"))

    with pytest.raises(SpawnException) as caught:
        await asyncio.wait_for(task, 30)

    assert caught.value.status_code in {403, 404}
    assert not context.core.objects


async def test_a_hub_that_ends_meanwhile_leaves_word(queued, context):
    context.pods.put(other_pod("4"))
    task = await start(queued)
    await until(lambda: queued.queued_message)

    kept = queued.orm_spawner.state

    failure = ServerFailure.of_state(kept)
    assert failure.reason == "interrupted"
    assert "was waiting in the queue when the hub was restarted" in failure.message
    assert ServerFailure.of_state(queued.get_state()) is None
    await cancel(task)


# -- nodes


def unscheduled(message="0/1 nodes are available: 1 Insufficient cpu."):
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    return {"phase": "Pending", "conditions": [{**condition, "message": message}]}


async def until_made(context):
    await until(lambda: context.core.count()["service"])
    pod = next(pod for (kind, _), pod in context.core.objects.items() if kind == "pod")
    await until(lambda: not pod["spec"].get("schedulingGates"))


async def test_the_clock_stands_still_while_nodes_are_full(
    queued, context, monkeypatch
):
    """Of one second that the start may take, others cost it none."""
    queued.start_timeout, queued.queue_timeout = 3601, 3600
    task = await start(queued)
    await until_made(context)
    context.core.put_pod(**unscheduled())
    await until(lambda: queued.queued_message)
    assert queued.queued_message == (
        "Waiting for a node, 1 of 1: no node has 2 CPU free."
    )

    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 100)
    for _ in range(10):
        await asyncio.sleep(0)

    assert not task.done()
    state = {"name": "notebook", "state": {"running": {}}}
    context.core.put_pod(phase="Running", podIP="10.0.0.1", containerStatuses=[state])
    assert await asyncio.wait_for(task, 30)
    (usual,) = context.starts._seconds["pytorch"]
    assert usual < 1, "what it has waited for others is not usual"


async def test_a_server_too_large_for_every_node_does_not_wait_for_others(
    queued, context
):
    context.node_bodies[:] = [a_node("1")]
    queued.start_timeout, queued.queue_timeout = 3601, 3600
    task = await start(queued)
    await until_made(context)
    context.core.put_pod(**unscheduled())

    with pytest.raises(SpawnException, match="did not answer within 1 seconds"):
        await asyncio.wait_for(task, 30)
