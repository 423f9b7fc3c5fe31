"""Pods that no server of the database has, by the hub's own watch."""

from types import SimpleNamespace

import pytest

from mofang_hub.garbage import GarbageCollector, server_pods
from mofang_kube.errors import ConflictError, KubernetesUnavailableError
from mofang_kube.names import HUB_LABEL

HUB = "mofang"
KEY = "mofang-project-vision/jupyter-ada--vision-base"


def a_pod(uid="1", hub=HUB, **metadata):
    namespace, name = KEY.split("/")
    labels = {"mofang.dev/server": name, **({HUB_LABEL: hub} if hub else {})}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid,
            "labels": labels,
            **metadata,
        }
    }


class FakeContext:
    hub = HUB

    def __init__(self):
        self.pods = SimpleNamespace(objects={KEY: a_pod()})
        self.objects = self
        self.deleted = []
        self.failures = []

    async def pods_known(self): ...

    async def delete(self, manifest, *, uid, grace_seconds):
        if self.failures:
            raise self.failures.pop()
        self.deleted.append((manifest["metadata"]["name"], uid, grace_seconds))


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def used():
    return set()


@pytest.fixture
def collector(context, used):
    return GarbageCollector(context, lambda: used)


async def test_a_pod_that_nobody_uses_is_removed_at_the_second_look(context, collector):
    """One look may fall between two steps of a stop."""
    await collector.collect()
    assert context.deleted == []

    await collector.collect()
    assert context.deleted == [("jupyter-ada--vision-base", "1", 2)]


async def test_a_pod_in_use_stays(context, collector, used):
    used.add(KEY)
    for _ in range(3):
        await collector.collect()

    assert context.deleted == []


async def test_another_pod_of_the_name_begins_anew(context, collector):
    await collector.collect()
    context.pods.objects[KEY] = a_pod(uid="2")
    await collector.collect()

    assert context.deleted == []


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(a_pod(hub="another"), id="of another hub"),
        pytest.param(a_pod(hub=""), id="of a version that did not say whose it is"),
        pytest.param(a_pod(deletionTimestamp="now"), id="being removed"),
    ],
)
async def test_such_a_pod_is_left_alone(context, collector, pod):
    context.pods.objects[KEY] = pod
    for _ in range(3):
        await collector.collect()

    assert context.deleted == []


@pytest.mark.parametrize(
    ("failure", "deleted"),
    [
        pytest.param(KubernetesUnavailableError("Away."), 1, id="Kubernetes is away"),
        pytest.param(ConflictError("Another."), 1, id="another has the name"),
    ],
)
async def test_what_fails_is_tried_again(context, collector, failure, deleted):
    context.failures.append(failure)
    for _ in range(3):
        await collector.collect()

    assert len(context.deleted) == deleted


def test_servers_that_start_run_or_stop_have_their_pods():
    def a_spawner(name, *, active):
        return SimpleNamespace(namespace="n", pod_name=name, active=active)

    spawners = {"a": a_spawner("a", active=True), "b": a_spawner("b", active=False)}
    users = {1: SimpleNamespace(spawners=spawners), 2: SimpleNamespace(spawners={})}

    assert server_pods(users) == {"n/a"}
