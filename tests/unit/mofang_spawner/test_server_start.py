"""A start, write by write, against a cluster in memory."""

import asyncio
import contextlib
import json
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiException
from unit.mofang_http.hostile import hostile_server
from unit.mofang_spawner.conftest import a_plan
from unit.mofang_spawner.fake_cluster import (
    NAMESPACE,
    POD,
    FakeApi,
    FakeCore,
    KilledError,
)

from mofang_kube.deadline import Deadline
from mofang_kube.errors import (
    ClusterError,
    ConflictError,
    KubernetesUnavailableError,
    MofangError,
    QuotaError,
)
from mofang_kube.names import START_GATE
from mofang_spawner.server_start import ServerStart, SpawnFailedError

TOKEN = "very-private"
RUNNING = [{"name": "notebook", "state": {"running": {}}}]
CRASHED = [{"name": "notebook", "state": {"terminated": {"exitCode": 3}}}]


@pytest.fixture
def core():
    return FakeCore()


@pytest.fixture
def api():
    return FakeApi()


@pytest.fixture
def start_again(core, api):
    """A start of the same server, as a hub after the last one would make it."""

    def make():
        context = SimpleNamespace(core=core, objects=core, api=api, pods=core.pods)
        return ServerStart(context, a_plan(), namespace=NAMESPACE, name=POD)

    return make


@pytest.fixture
def server_start(start_again):
    return start_again()


def a_pod():
    return {"metadata": {"name": POD}, "spec": {"containers": []}}


def has_owner(core, name):
    """Whether Kubernetes removes all objects of the name with the pod."""
    pod = core.objects["pod", POD]["metadata"]["uid"]
    owners = [
        owner["uid"]
        for (kind, found), obj in core.objects.items()
        if found == name and kind != "pod"
        for owner in obj["metadata"]["ownerReferences"]
    ]
    return set(owners) == {pod}


async def create(server_start):
    await server_start.create(a_pod(), token=TOKEN, port=8888)


def refused(status, message="no"):
    err = ApiException(status=status, reason="Reason")
    err.body = json.dumps({"message": message})
    return err


@pytest.fixture
async def jupyter():
    """The server in the pod; ``answers`` are its next status codes."""
    found = SimpleNamespace(answers=[], asked=[])

    async def answer(request):
        found.asked.append(request.path)
        return web.Response(status=found.answers.pop(0) if found.answers else 200)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as running:
        found.port = running.port
        yield found


@contextlib.asynccontextmanager
async def waiting(server_start, port=1, seconds=60.0):
    task = asyncio.create_task(
        server_start.wait("/user/ada/api", port, Deadline(seconds))
    )
    await asyncio.sleep(0.02)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(
            asyncio.CancelledError, SpawnFailedError, TimeoutError
        ):
            await task


def said(server_start):
    server_start.log.end()
    return [step.message for step in server_start.log._steps]


# -- making it


async def test_the_pod_is_placed_once_everything_is_there(server_start, core):
    """A pod whose Secret is missing fails at once."""
    await create(server_start)

    assert core.writes[0] == ("create", "pod")
    assert sorted(core.writes[1:3]) == [("create", "secret"), ("create", "service")]
    assert core.writes[3:] == [("patch", "pod")]
    assert core.gates == [[START_GATE], []]


async def test_gates_of_an_administrator_stay(server_start, core):
    pod = a_pod()
    pod["spec"]["schedulingGates"] = [{"name": "example.org/quota"}]

    await server_start.create(pod, token=TOKEN, port=8888)

    assert core.gates == [["example.org/quota", START_GATE], ["example.org/quota"]]


async def test_secret_and_service_belong_to_the_pod(server_start, core):
    await create(server_start)

    uid = core.objects["pod", POD]["metadata"]["uid"]
    owned = [obj for (kind, _), obj in core.objects.items() if kind != "pod"]
    assert len(owned) == 2
    for obj in owned:
        assert [own["uid"] for own in obj["metadata"]["ownerReferences"]] == [uid]


async def test_each_start_names_its_service_anew(server_start, start_again):
    """An old name may still be remembered with an old address."""
    assert server_start.service != start_again().service
    assert server_start.service.startswith(POD)


@pytest.mark.parametrize(
    ("write", "failure", "kind"),
    [
        pytest.param(
            ("create", "pod"),
            refused(403, "pods is forbidden: exceeded quota: mofang"),
            QuotaError,
            id="the quota leaves no room",
        ),
        pytest.param(
            ("create", "secret"), refused(403), ClusterError, id="no right to secrets"
        ),
        pytest.param(
            ("create", "pod"), refused(422), ClusterError, id="a pod we got wrong"
        ),
        pytest.param(
            ("create", "pod"),
            aiohttp.ServerDisconnectedError(),
            KubernetesUnavailableError,
            id="the API went away",
        ),
        pytest.param(
            ("create", "service"), refused(500), ClusterError, id="no service"
        ),
        pytest.param(("patch", "pod"), refused(500), ClusterError, id="no placing"),
    ],
)
async def test_a_refused_start_leaves_nothing(server_start, core, write, failure, kind):
    core.failures[write] = failure
    with pytest.raises(kind):
        await create(server_start)

    await server_start.remove()
    core.collect_garbage()

    assert not core.objects


async def test_a_pod_left_by_a_hub_that_died_is_replaced(
    server_start, start_again, core
):
    await create(server_start)
    old = core.objects["pod", POD]["metadata"]["uid"]

    await create(start_again())

    assert core.objects["pod", POD]["metadata"]["uid"] != old


async def test_a_conflict_that_stays_is_told(server_start, core):
    core.failures["create", "pod"] = refused(409)

    with pytest.raises(ConflictError):
        await create(server_start)

    assert core.writes.count(("create", "pod")) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(0, id="the pod"),
        pytest.param(1, id="the secret"),
        pytest.param(2, id="the service"),
        pytest.param(3, id="the gate"),
    ],
)
async def test_a_hub_may_die_at_any_write(
    server_start, start_again, core, write, moment
):
    """Whatever a dead hub left, the next start ends with one of each."""
    core.deaths[write] = moment
    with pytest.raises(KilledError):
        await create(server_start)
    core.deaths.clear()
    core.collect_garbage()
    assert all(kind == "pod" or has_owner(core, key) for kind, key in core.objects)

    await create(start_again())
    core.collect_garbage()

    assert core.count() == {"secret": 1, "pod": 1, "service": 1}


async def test_removing_twice_is_removing_once(server_start, core):
    await create(server_start)

    await server_start.remove()
    await server_start.remove()
    core.collect_garbage()

    assert not core.objects


async def test_a_removal_that_fails_is_one_of_our_errors(server_start, core):
    await create(server_start)
    core.failures["delete", "pod"] = aiohttp.ServerDisconnectedError()

    with pytest.raises(MofangError):
        await server_start.remove()


# -- waiting for it


async def test_a_start_tells_its_way(server_start, core, jupyter):
    await create(server_start)
    async with waiting(server_start, jupyter.port) as task:
        core.put_pod(phase="Pending")
        await asyncio.sleep(0.02)
        core.put_pod(phase="Running", podIP="127.0.0.1", containerStatuses=RUNNING)
        await asyncio.wait_for(task, 30)

    assert said(server_start) == [
        "Requesting resources.",
        "Assigned to node cpu-1.",
        "Container started on node cpu-1. Starting JupyterLab.",
        "JupyterLab is ready. Adding its route.",
    ]
    assert set(jupyter.asked) == {"/user/ada/api"}


async def test_a_pod_that_ran_before_anybody_waited_is_seen(
    server_start, core, jupyter
):
    await create(server_start)
    core.put_pod(phase="Running", podIP="127.0.0.1", containerStatuses=RUNNING)

    await server_start.wait("/x", jupyter.port, Deadline(60))


async def test_a_change_at_the_very_moment_of_looking_is_seen(
    server_start, core, jupyter
):
    """The pod's last change must not fall between looking and listening."""
    for turns in range(8):
        core.objects.clear()
        core.pods.objects.clear()
        await create(server_start)
        task = asyncio.create_task(server_start.wait("/x", jupyter.port, Deadline(60)))
        for _ in range(turns):
            await asyncio.sleep(0)
        core.put_pod(phase="Running", podIP="127.0.0.1", containerStatuses=RUNNING)
        await asyncio.wait_for(task, 30)


async def test_a_server_is_asked_until_it_answers(server_start, core, jupyter):
    jupyter.answers = [503, 502, 200]
    await create(server_start)
    core.put_pod(phase="Running", podIP="127.0.0.1", containerStatuses=RUNNING)

    await server_start.wait("/x", jupyter.port, Deadline(60))

    assert len(jupyter.asked) == 3


async def test_of_what_a_users_server_answers_next_to_nothing_is_read(
    server_start, core
):
    """And it is asked less and less often: all of it is its user's choice."""
    await create(server_start)
    core.put_pod(phase="Running", podIP="127.0.0.1", containerStatuses=RUNNING)
    async with hostile_server(503) as hostile:
        with pytest.raises(TimeoutError):
            await server_start.wait("/x", hostile.port, Deadline(2))

    assert 1 <= hostile.asked <= 8
    assert hostile.sent < hostile.asked * 2 * 1024**2


@pytest.mark.parametrize(
    ("logs", "lines"),
    [
        pytest.param({False: "the cause"}, "the cause", id="the container's own"),
        pytest.param({True: "before"}, "before", id="of the one before"),
        pytest.param({False: "", True: "before"}, "before", id="empty, so before"),
        pytest.param({}, "", id="no log at all"),
        pytest.param(
            {False: aiohttp.ServerDisconnectedError(), True: TimeoutError()},
            "",
            id="a log that cannot be read hides no cause",
        ),
    ],
)
async def test_a_lost_start_has_its_last_lines(server_start, core, logs, lines):
    core.logs = logs
    await create(server_start)
    core.put_pod(phase="Failed", containerStatuses=CRASHED)

    with pytest.raises(SpawnFailedError, match="exit code 3") as caught:
        await server_start.wait("/x", 1, Deadline(60))

    assert caught.value.log == lines


async def test_a_server_that_crashes_before_it_answers_is_lost(server_start, core):
    await create(server_start)
    core.put_pod(phase="Running", podIP="127.0.0.1", containerStatuses=RUNNING)
    async with waiting(server_start) as task:
        core.put_pod(phase="Failed", podIP="127.0.0.1", containerStatuses=CRASHED)
        with pytest.raises(SpawnFailedError, match="exit code 3"):
            await asyncio.wait_for(task, 30)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"phase": "Pending"}, id="before it runs"),
        pytest.param(
            {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": RUNNING},
            id="before it answers",
        ),
    ],
)
async def test_a_pod_that_goes_is_not_waited_for(server_start, core, status):
    """Nobody waits out the deadline for what an administrator removed."""
    await create(server_start)
    core.put_pod(**status)
    async with waiting(server_start) as task:
        core.lose_pod()
        with pytest.raises(SpawnFailedError, match="was removed"):
            await asyncio.wait_for(task, 30)


async def test_a_pod_not_seen_yet_is_waited_for(server_start, core):
    """The watch may be behind the write."""
    await create(server_start)
    core.pods.objects.clear()
    async with waiting(server_start) as task:
        assert not task.done()


async def test_a_pod_of_an_earlier_start_says_nothing(server_start, core):
    await create(server_start)
    core.put_pod(phase="Failed", containerStatuses=CRASHED)
    server_start._uid = "another"
    async with waiting(server_start) as task:
        assert not task.done()


async def test_a_start_ends_with_its_deadline(server_start, core):
    await create(server_start)
    with pytest.raises(TimeoutError):
        await server_start.wait("/x", 1, Deadline(0.05))
    assert not core.pods._subscribers


async def test_events_of_the_pod_are_told_and_others_are_not(server_start, core, api):
    await create(server_start)
    uid = core.objects["pod", POD]["metadata"]["uid"]
    api.events = [
        {
            "metadata": {"name": f"e{number}", "namespace": NAMESPACE},
            "involvedObject": {"uid": of},
            "reason": reason,
            "message": f"message {number}",
        }
        for number, (of, reason) in enumerate(
            [
                ("old", "Failed"),
                (uid, "Scheduled"),
                (uid, "FailedScheduling"),
                (uid, "Pulling"),
                (uid, "Killing"),
            ]
        )
    ]
    async with waiting(server_start):
        pass

    assert api.paths[0] == f"/api/v1/namespaces/{NAMESPACE}/events"
    # That it has a node is said once, by the pod itself.
    assert [step.detail for step in server_start.log._steps if step.detail] == [
        "message 2",
        "message 3",
    ]
