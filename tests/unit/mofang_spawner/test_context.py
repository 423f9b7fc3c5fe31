"""What all spawners of a hub share."""

from unit.mofang_kube.test_free_capacity import node, pod
from unit.mofang_spawner.fake_cluster import FakeWatcher

from mofang_spawner.context import SpawnContext


def connected(pods):
    """A context whose watches have seen two GPUs and these pods."""
    context = SpawnContext(training_url="", images={})
    context._nodes = FakeWatcher([node("gpu-1", gpu=2)])
    context._requests = FakeWatcher(pods)
    context._connected = True
    return context


def test_what_is_free_is_unknown_before_the_first_list():
    context = connected([])
    context._requests.has_synced.clear()

    assert SpawnContext(training_url="", images={}).free_capacity() is None
    assert context.free_capacity() is None


def test_what_is_free_is_counted_once_for_all_who_ask():
    """Pages of hundreds of people look again every few seconds."""
    context = connected([pod("a", "gpu-1", gpu="1")])

    found = context.free_capacity()

    assert found.gpus("") == (1, 2)
    assert context.free_capacity() is found
