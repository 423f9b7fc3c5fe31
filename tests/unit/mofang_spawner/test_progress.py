import asyncio

from mofang_spawner.progress import StartLog, Step


async def messages_of(log):
    return [step.message async for step in log.follow()]


async def test_who_comes_late_hears_everything():
    log = StartLog()
    log.emit(5, "one")
    log.emit(10, "two")
    log.end()

    assert await messages_of(log) == ["one", "two"]
    assert await messages_of(log) == ["one", "two"]


async def test_every_follower_hears_each_step_once():
    """Any number of pages may look on, each at its own pace."""
    log = StartLog()
    log.emit(5, "one")
    followers = [asyncio.create_task(messages_of(log)) for _ in range(3)]
    for number in range(10):
        await asyncio.sleep(0)
        log.emit(number, f"step {number}")
        log.emit(number, f"again {number}")
    log.end()

    expected = ["one"]
    for number in range(10):
        expected += [f"step {number}", f"again {number}"]
    assert await asyncio.gather(*followers) == [expected] * 3


async def test_a_step_is_heard_as_it_is_said():
    log = StartLog()
    following = log.follow()
    first = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    assert not first.done()

    log.emit(5, "one")

    assert (await first).message == "one"
    await following.aclose()


async def test_percentages_never_fall():
    log = StartLog()
    for percent, message in [(30, "a"), (0, "b"), (20, "c"), (60, "d")]:
        log.emit(percent, message)
    log.end()

    assert [step.percent async for step in log.follow()] == [30, 30, 30, 60]


async def test_the_same_is_not_said_twice_in_a_row():
    log = StartLog()
    for message in ["a", "a", "b", "a"]:
        log.emit(5, message)
    log.emit(5, "a", "with a detail")
    log.end()

    assert await messages_of(log) == ["a", "b", "a", "a"]


async def test_an_ended_log_wakes_who_waits():
    log = StartLog()
    follower = asyncio.create_task(messages_of(log))
    await asyncio.sleep(0)
    log.end()

    assert await asyncio.wait_for(follower, 30) == []


def test_an_event_has_a_detail_only_when_there_is_one():
    assert Step(percent=5, message="a").event() == {"progress": 5, "message": "a"}
    assert Step(percent=5, message="a", detail="b").event() == {
        "progress": 5,
        "message": "a",
        "detail": "b",
    }
