"""A server on a node that does not answer can be stopped, and its pod does not stay."""

import asyncio
from types import SimpleNamespace

import pytest
from unit.mofang_spawner.conftest import FakeContext, PlainSpawner
from unit.mofang_spawner.fake_cluster import NAMESPACE, POD, FakeCore

from mofang_kube.errors import KubernetesUnavailableError
from mofang_spawner.lost_nodes import RETRY_SECONDS
from support.eventually import until


class NodesContext(FakeContext):
    """With one node."""

    def __init__(self):
        super().__init__()
        self.mark_node("True")

    def mark_node(self, ready):
        conditions = [{"type": "Ready", "status": ready}]
        node = {"metadata": {"name": "cpu-1"}, "status": {"conditions": conditions}}
        self._nodes.put(node)


@pytest.fixture
async def context():
    made = NodesContext()
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}}
    await made.core.create(pod, verb="start", noun="server")
    running = {"name": "notebook", "state": {"running": {}}}
    made.core.put_pod(phase="Running", containerStatuses=[running])
    return made


@pytest.fixture
def spawner(context, monkeypatch):
    # KubeSpawner connects as it is made.
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda *_: None)
    user = SimpleNamespace(id=1, name="ada", url="/user/ada", groups=[], spawners={})
    row = SimpleNamespace(
        name="vision-pytorch", server=None, last_activity=None, user_options={}
    )
    made = PlainSpawner(_mock=True, user=user, orm_spawner=row)
    made.context = lambda: context
    made.namespace, made.pod_name = NAMESPACE, POD
    # It has no address to compare with.
    made.is_pod_running = lambda _: False
    return made


def pods(context):
    return [name for kind, name in context.core.objects if kind == "pod"]


async def test_it_is_said_which_node_does_not_answer(spawner, context):
    assert spawner.lost_node == ""
    context.mark_node("Unknown")
    assert spawner.lost_node == "cpu-1"
    assert await spawner.poll() is None, "it may come back"


@pytest.mark.parametrize("now", [False, True])
async def test_a_server_on_a_lost_node_stops_at_once(spawner, context, now):
    context.mark_node("Unknown")

    await asyncio.wait_for(spawner.stop(now), 10)

    assert pods(context) == []
    assert spawner.lost_node == ""


async def test_a_stop_does_not_wait_for_a_node_that_is_lost_meanwhile(spawner, context):
    stop = asyncio.ensure_future(spawner.stop())
    await until(
        lambda: "deletionTimestamp" in context.core.objects["pod", POD]["metadata"]
    )
    assert pods(context) == [POD], "its kubelet has its time"
    context.mark_node("Unknown")

    await asyncio.wait_for(stop, 10)

    assert pods(context) == []


async def test_an_ordinary_stop_leaves_the_end_to_the_kubelet(spawner, context):
    stop = asyncio.ensure_future(spawner.stop())
    await until(
        lambda: "deletionTimestamp" in context.core.objects["pod", POD]["metadata"]
    )
    assert ("delete", "pod") not in context.core.writes
    context.core.lose_pod()

    await asyncio.wait_for(stop, 10)

    assert ("delete", "pod") not in context.core.writes


async def test_what_kubernetes_evicts_from_a_lost_node_is_over(spawner, context):
    pod = context.core.objects["pod", POD]
    pod["metadata"]["deletionTimestamp"] = "now"
    context.pods.send("MODIFIED", pod)
    assert await spawner.poll() == 1
    assert pods(context) == [POD], "its kubelet is about to end it"
    context.mark_node("Unknown")

    assert await spawner.poll() == 1

    assert pods(context) == []


async def test_a_fault_of_the_api_server_delays_the_removal(spawner, context):
    failures = [KubernetesUnavailableError("away")]
    delete = FakeCore.delete

    async def fails_once(manifest, **given):
        if failures:
            raise failures.pop()
        await delete(context.core, manifest, **given)

    context.core.delete = fails_once
    context.mark_node("Unknown")

    await asyncio.wait_for(spawner.stop(), 10 + RETRY_SECONDS)

    assert pods(context) == []


async def test_a_hub_that_never_reached_kubernetes_says_nothing(spawner, context):
    context._connected = False

    assert spawner.lost_node == ""


async def test_a_server_without_a_pod_stops(spawner, context):
    context.core.lose_pod()

    await asyncio.wait_for(spawner.stop(), 10)
