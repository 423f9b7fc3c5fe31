"""What all spawners of a hub share."""

import pytest
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


UNUSED = {"mofang.dev/started-ahead": "unused"}


def test_what_nobody_uses_is_free_unless_it_is_asked_for():
    context = connected(
        [
            pod("a", "gpu-1", gpu="1", labels=UNUSED),
            pod("b", "gpu-1", gpu="1", labels={"mofang.dev/started-ahead": "1796"}),
        ]
    )

    assert context.free_capacity().gpus("") == (1, 2)
    assert context.free_capacity(with_unused=True).gpus("") == (0, 2)


@pytest.mark.parametrize(
    ("waiting", "helps"),
    [
        pytest.param(pod("w", gpu="1", waits=True), True, id="its room"),
        pytest.param(pod("w", gpu="3", waits=True), False, id="more than there is"),
        pytest.param(pod("w", gpu="1"), False, id="not placed yet"),
        pytest.param(pod("w", cpu="1", waits=True), False, id="room of another kind"),
        pytest.param(
            pod("w", gpu="1", waits=True, labels=UNUSED), False, id="nobody's either"
        ),
    ],
)
def test_who_waits_for_what_nobody_uses(waiting, helps):
    held = [pod("a", "gpu-1", gpu="1"), pod("b", "gpu-1", gpu="1", labels=UNUSED)]

    assert connected([*held, waiting]).waits_for_unused() is helps
    assert connected(held).waits_for_unused() is False
