"""Whether a server runs, and its end: what JupyterHub is told and what is removed."""

import asyncio
from types import SimpleNamespace

import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_spawner.fake_cluster import NAMESPACE, POD, KilledError

from mofang_kube.errors import ClusterError, KubernetesUnavailableError
from mofang_spawner.progress import StartLog
from mofang_spawner.server_failure import ServerFailure


def observe(context, **pod):
    """Have a pod of the server in the hub's watch."""
    metadata = {"name": POD, "namespace": NAMESPACE, **pod.pop("metadata", {})}
    body = {"metadata": metadata, "spec": {"containers": []}, **pod}
    context.core.objects["pod", POD] = body
    context.pods.put(body)


@pytest.fixture
def known(spawner):
    """A server of a hub that was started anew."""
    spawner.load_state(
        {"pod_name": POD, "namespace": NAMESPACE, "kubespawner_version": "7"}
    )
    # Its address is of no interest here.
    spawner.server = None
    return spawner


RUNS = {
    "phase": "Running",
    "podIP": "10.0.0.1",
    "containerStatuses": [
        {"name": "notebook", "ready": True, "state": {"running": {}}}
    ],
}


@pytest.mark.parametrize(
    ("pod", "status"),
    [
        pytest.param({"status": RUNS}, None, id="it runs"),
        pytest.param(
            {"status": RUNS, "metadata": {"deletionTimestamp": "now"}},
            1,
            id="it is being removed",
        ),
        pytest.param({"status": {"phase": "Pending"}}, 1, id="a dead hub began it"),
        pytest.param(None, 1, id="it is gone"),
    ],
)
async def test_a_hub_started_anew_knows_which_servers_run(known, context, pod, status):
    if pod:
        observe(context, **pod)

    assert await known.poll() == status


EVICTED = {
    "phase": "Failed",
    "reason": "Evicted",
    "message": 'Usage of EmptyDir volume "cache" exceeds the limit "5Gi". ',
    "containerStatuses": [
        {"name": "notebook", "state": {"terminated": {"exitCode": 137}}}
    ],
}


async def test_why_a_server_was_evicted_is_kept_after_its_end(known, context):
    """JupyterHub keeps the state alone, and the pod is removed."""
    observe(context, status=EVICTED)

    assert await known.poll() == 137
    # As JupyterHub does when a server has ended.
    known.clear_state()
    state = known.get_state()

    failure = ServerFailure.of_state(state)
    assert failure.reason == "cache"
    assert failure.message.startswith("The server filled /cache and was evicted: ")
    assert not context.core.objects
    known.load_state({**state, "eviction": "older"})
    assert ServerFailure.of_state(known.get_state()).message == "older"


async def test_what_the_hub_keeps_of_an_idle_server_outlives_its_end_and_the_hub(known):
    known.culling = {"culled": {"idle_seconds": 4500}}

    known.clear_state()
    state = known.get_state()
    known.culling = {}
    known.load_state(state)

    assert known.get_state()["culling"] == {"culled": {"idle_seconds": 4500}}


async def test_a_start_forgets_that_the_server_was_stopped_as_idle(known):
    known.culling = {"culled": {"idle_seconds": 4500}}

    start = asyncio.ensure_future(known.start())
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)

    assert "culling" not in known.get_state()


@pytest.mark.parametrize("status", [RUNS, {**EVICTED, "reason": "", "message": ""}])
async def test_a_server_that_runs_or_ended_by_itself_was_not_evicted(
    known, context, status
):
    observe(context, status=status)
    await known.poll()

    assert ServerFailure.of_state(known.get_state()) is None


async def test_what_a_dead_hub_began_is_removed(known, context):
    """Its user starts it again; nobody waits for it."""
    observe(context, status={"phase": "Pending"})

    await known.poll()

    assert not context.core.objects


async def test_a_start_of_this_hub_goes_on_while_it_is_looked_at(known, context):
    known._start_log = StartLog()
    observe(context, status={"phase": "Pending"})

    assert await known.poll() is None
    assert context.core.objects


async def test_a_look_waits_until_pods_are_known(known, context):
    """However long: JupyterHub takes an error for a server that does not run."""
    context.pods.has_synced.clear()
    context.failure = KubernetesUnavailableError("Kubernetes does not answer.")
    observe(context, status=RUNS)

    looking = asyncio.create_task(known.poll())
    await asyncio.sleep(0)
    assert not looking.done()
    context.pods.has_synced.set()

    assert await looking is None


async def test_a_dying_hub_leaves_word_of_what_it_makes(starting, context):
    """Before it makes anything: the next one looks for it there."""
    context.core.deaths[0] = "before"

    with pytest.raises(KilledError):
        await starting._start()

    state = starting.orm_spawner.state
    assert (state["namespace"], state["pod_name"]) == (NAMESPACE, POD)
    assert state["dns_name"].startswith(f"{POD}-")


@pytest.mark.parametrize("status", [429, 409, 500, 503])
async def test_a_stop_is_tried_again_while_kubernetes_cannot(known, context, status):
    """JupyterHub would forget the server, and its pod would run on."""
    observe(context, status=RUNS)
    context.core.failures["delete", "pod"] = ApiException(status=status, reason="no")
    stopping = asyncio.create_task(known.stop(now=True))
    async with asyncio.timeout(30):
        while not context.core.writes:  # noqa: ASYNC110 - the fake's
            await asyncio.sleep(0.01)
    context.core.failures.clear()
    await stopping

    assert not context.core.objects


async def test_a_stop_that_is_refused_is_told(known, context):
    observe(context, status=RUNS)
    context.core.failures["delete", "pod"] = ApiException(status=403, reason="no")

    with pytest.raises(ClusterError):
        await known.stop(now=True)


async def test_an_end_is_noticed_again_where_what_follows_fails(known):
    """JupyterHub drops its callbacks before it calls them."""
    called = []
    known.server = SimpleNamespace()

    async def fail():
        called.append("route")
        raise KubernetesUnavailableError("Kubernetes does not answer.")

    known.add_poll_callback(fail)
    await known.poll_and_notify()
    polls = known._poll_callback is not None
    await known.poll_and_notify()
    known.stop_polling()

    assert polls
    assert called == ["route", "route"]


async def test_removing_a_server_for_good_asks_kubernetes_for_nothing(known, context):
    await known.delete_forever()

    assert context.core.writes == []


async def test_an_end_is_noticed_when_it_comes(known, context):
    """Not half a minute later, at JupyterHub's next look."""
    observe(context, status=RUNS)
    known.server, noticed = SimpleNamespace(), asyncio.Event()

    async def note():
        known.server = None
        noticed.set()

    known.add_poll_callback(note)
    known.start_polling()
    context.pod_ends.start(context.pods)
    await asyncio.sleep(0)

    context.core.lose_pod()

    await asyncio.wait_for(noticed.wait(), 30)
    await context.pod_ends.stop()


async def test_an_end_is_noticed_once(known, context):
    """By a look and a change at the same time, too."""
    calls = []
    known.server = SimpleNamespace()

    async def note():
        await asyncio.sleep(0)
        calls.append("end")
        known.server = None

    known.add_poll_callback(note)
    await asyncio.gather(known.poll_and_notify(), known.poll_and_notify())

    assert calls == ["end"]
    assert known._poll_callback is None


async def test_a_server_that_is_stopped_is_followed_no_more(known, context):
    observe(context, status=RUNS)
    known.start_polling()
    known.stop_polling()

    assert not context.pod_ends._callbacks
