import asyncio

import pytest

from mofang_kube.deadline import Deadline


async def test_what_is_left_shrinks_with_the_clock(monkeypatch):
    loop = asyncio.get_running_loop()
    now = loop.time()
    with monkeypatch.context() as patch:
        patch.setattr(loop, "time", lambda: now)
        deadline = Deadline(10)
        patch.setattr(loop, "time", lambda: now + 4)
        left, is_over = deadline.left, deadline.is_over

    assert left == pytest.approx(6)
    assert not is_over


async def test_what_is_left_never_falls_below_zero():
    deadline = Deadline(-1)

    assert deadline.left == 0
    assert deadline.is_over


async def test_a_part_is_never_longer_than_the_whole():
    deadline = Deadline(10)

    assert deadline.partial(60).left == pytest.approx(10, abs=1)
    assert deadline.partial(2).left == pytest.approx(2, abs=1)
