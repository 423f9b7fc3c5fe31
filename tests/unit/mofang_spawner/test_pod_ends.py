"""The end of a server's pod is heard of when it comes, not at the next look."""

import asyncio

import pytest
from unit.mofang_spawner.fake_cluster import NAMESPACE, POD, FakeWatcher

from mofang_spawner.pod_ends import PodEnds
from support.eventually import until

ENDING = {"deletionTimestamp": "2026-11-30T12:00:00Z"}


def a_pod(phase="Running", name=POD, **metadata):
    metadata = {"name": name, "namespace": NAMESPACE, "uid": name, **metadata}
    return {"metadata": metadata, "status": {"phase": phase}}


@pytest.fixture
async def pods():
    return FakeWatcher([a_pod(), a_pod(name="other")])


@pytest.fixture
async def ends(pods):
    made = PodEnds()
    made.start(pods)
    made.start(pods)
    # It has subscribed then.
    await asyncio.sleep(0)
    yield made
    await made.stop()


@pytest.fixture
def reported(ends):
    """How often it was said that the server's pod has ended."""
    calls = []

    async def call():
        calls.append(POD)

    ends.follow(NAMESPACE, POD, call)
    return calls


@pytest.mark.parametrize(
    ("kind", "pod"),
    [
        pytest.param("DELETED", a_pod(), id="gone"),
        pytest.param("MODIFIED", a_pod(**ENDING), id="being removed"),
        pytest.param("MODIFIED", a_pod("Failed"), id="evicted"),
        pytest.param("MODIFIED", a_pod("Succeeded"), id="shut down from inside"),
    ],
)
async def test_an_end_is_told(pods, reported, kind, pod):
    pods.send(kind, pod)

    await until(lambda: reported)


async def test_other_changes_and_pods_are_not(pods, ends, reported):
    last = asyncio.Event()

    async def call():
        last.set()

    ends.follow(NAMESPACE, "last", call)
    pods.send("MODIFIED", a_pod("Pending"))
    pods.send("DELETED", a_pod(name="other"))
    pods.send("DELETED", a_pod(name="last"))

    await asyncio.wait_for(last.wait(), 30)
    assert reported == []


async def test_who_does_not_follow_any_more_is_not_called(pods, ends, reported):
    last = asyncio.Event()

    async def call():
        last.set()

    ends.forget(NAMESPACE, POD)
    ends.forget(NAMESPACE, "never-followed")
    ends.follow(NAMESPACE, "last", call)
    pods.send("DELETED", a_pod())
    pods.send("DELETED", a_pod(name="last"))

    await asyncio.wait_for(last.wait(), 30)
    assert reported == []


async def test_an_end_that_takes_long_keeps_no_other_waiting(pods, ends, reported):
    """A node that is drained ends many, each in its own time."""
    is_over = asyncio.Event()
    ends.follow(NAMESPACE, "slow", is_over.wait)

    pods.send("DELETED", a_pod(name="slow"))
    pods.send("DELETED", a_pod())

    await until(lambda: reported)


async def test_a_call_that_fails_is_logged_and_not_the_last(
    pods, ends, reported, caplog
):
    async def fail():
        raise RuntimeError("No route could be removed.")

    ends.follow(NAMESPACE, "bad", fail)
    pods.send("DELETED", a_pod(name="bad"))
    pods.send("DELETED", a_pod())

    await until(lambda: reported)
    await until(lambda: f"Could not note that {NAMESPACE}/bad has ended" in caplog.text)


async def test_stopping_ends_what_is_under_way():
    pods, ends, begun = FakeWatcher(), PodEnds(), asyncio.Event()
    ends.start(pods)
    await asyncio.sleep(0)

    async def hang():
        begun.set()
        await asyncio.Event().wait()

    ends.follow(NAMESPACE, POD, hang)
    pods.send("DELETED", a_pod())
    await asyncio.wait_for(begun.wait(), 30)

    await asyncio.wait_for(ends.stop(), 30)
