"""What a watch makes of events and answers that it should never get."""

import asyncio
import contextlib

import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_kube.conftest import END, event, line

from mofang_kube import watcher as watcher_module
from mofang_kube.watch_errors import ErrorEvent, requires_list, retry_after
from mofang_kube.watcher import Watcher
from support.clock import FakeClock
from support.eventually import until


async def has_synced(watcher):
    watcher.start()
    async with asyncio.timeout(30):
        await watcher.has_synced.wait()


def status(code, **more):
    return {"type": "ERROR", "object": {"code": code, "message": "no", **more}}


async def test_an_event_that_comes_late_changes_nothing_and_all_is_read_anew(
    server, watched
):
    """What else came late, or never will, nobody knows."""
    server.put("one", size=1)
    watcher = watched()
    await has_synced(watcher)
    old, new = server.put("one", size=2), server.put("one", size=3)
    gone = server.put("gone")
    server.remove("gone")
    server.stream(event("MODIFIED", new), event("MODIFIED", old), event("ADDED", gone))
    sizes = []
    async with contextlib.aclosing(watcher.changes()) as changes:
        sizes.append((await anext(changes)).object["spec"]["size"])
        await until(lambda: watcher.relists)

    assert sizes == [3]
    assert watcher.objects == server.objects


async def test_an_event_that_comes_twice_costs_no_list(server, watched):
    watcher = watched()
    await has_synced(watcher)
    one, two = server.put("one"), server.put("two")
    server.stream(*(event("ADDED", each) for each in (one, one, two, two)))

    await until(lambda: len(watcher.objects) == 2)

    assert watcher.objects == server.objects
    assert len(server.lists) == 1


async def test_an_event_of_before_our_own_write_does_not_take_it_back(server, watched):
    watcher = watched()
    await has_synced(watcher)
    before, ours = server.put("one", size=1), server.put("one", size=2)
    watcher.put(ours)

    server.stream(event("ADDED", before), event("ADDED", server.put("last")))
    await until(lambda: "last" in watcher.objects)

    assert watcher.objects["one"] == ours


async def test_the_end_of_an_object_does_not_end_the_one_made_after_it(server, watched):
    server.put("same", size=1)
    watcher = watched()
    await has_synced(watcher)
    gone = server.remove("same")
    ours = server.put("same", size=2)
    watcher.put(ours)

    server.stream(event("DELETED", gone), event("ADDED", server.put("last")))
    await until(lambda: "last" in watcher.objects)

    assert watcher.objects["same"] == ours


async def test_what_we_wrote_while_a_list_was_read_stays(server, watched):
    """The list is of before; the watch that follows it brings the object."""
    watcher = watched()
    await has_synced(watcher)
    ours = {"metadata": {"name": "ours", "resourceVersion": "9"}}
    watcher.put(ours)
    server.put("two")
    server.stream(status(410))

    await until(lambda: watcher.relists)

    assert watcher.objects["ours"] == ours
    assert "two" in watcher.objects


async def test_a_database_that_was_restored_is_believed(server, watched):
    """Its versions begin anew from where it was saved."""
    server.put("one", size=1)
    watcher = watched()
    await has_synced(watcher)
    server.stream(server.bookmark(900), event("ADDED", server.put("lost")), END)
    await until(lambda: "lost" in watcher.objects)

    server.objects.clear()
    server.version = 5
    server.put("one", size=7)
    server.stream(server.bookmark(6))
    await until(lambda: watcher.relists)

    assert watcher.objects == server.objects


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b'{"type": "ADDED", "object": {"metada\n', id="half a line"),
        pytest.param(line(event("ADDED", {"metadata": {}})), id="without a name"),
        pytest.param(line(status(500)), id="a fault"),
        pytest.param(line({"type": "ERROR", "object": {}}), id="a fault without code"),
        pytest.param(line(status(410)), id="a forgotten version"),
    ],
)
async def test_after_what_cannot_be_read_all_is_read_anew(server, watched, part):
    watcher = watched()
    await has_synced(watcher)
    server.put("one")
    server.stream(part)

    await until(lambda: watcher.objects)

    assert watcher.objects == server.objects
    assert len(server.lists) == 2


async def test_an_event_without_end_is_not_kept(server, watched, caplog):
    watcher = watched()
    await has_synced(watcher)
    server.put("one")
    server.stream(*[b"x" * 2**20] * 40)

    await until(lambda: watcher.objects)

    assert f"has more than {watcher_module._LONGEST_LINE} bytes" in caplog.text


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([END], id="a watch that ends at once"),
        pytest.param([status(410)], id="a version that is never known"),
        pytest.param([status(500)], id="a fault"),
        pytest.param([b"[]\n"], id="what cannot be read"),
    ],
)
async def test_what_goes_wrong_at_once_is_asked_for_ever_less_often(
    server, watched, script
):
    clock = FakeClock()
    for _ in range(40):
        server.stream(*script)
    watcher = watched(clock=clock, sleep=clock.sleep_async, longest_pause=10.0)

    await has_synced(watcher)
    await until(lambda: len(clock.pauses) >= 30)

    assert clock.pauses[-1] >= 5.0
    within_a_minute = [
        number
        for number in range(len(clock.pauses))
        if sum(clock.pauses[:number]) <= 60
    ]
    assert len(within_a_minute) <= 20


async def test_a_watch_that_worked_is_resumed_at_once(server, watched):
    """However long the pause was after what failed before it."""
    clock = FakeClock()
    server.refusals = [500] * 6
    watcher = watched(clock=clock, sleep=clock.sleep_async, longest_pause=10.0)
    await has_synced(watcher)
    assert clock.pauses[-1] > 1
    await until(lambda: server.watches)
    clock.advance(200)

    server.stream(END)
    await until(lambda: len(server.watches) == 2)

    assert clock.pauses[-1] <= watcher_module._SHORTEST_PAUSE


@pytest.mark.parametrize(
    ("err", "expected"),
    [
        (ErrorEvent(status=410), True),
        (ErrorEvent(status=500), True),
        (ErrorEvent(status=429), False),
        (ApiException(status=410), True),
        (ApiException(status=400), True),
        (ApiException(status=504, reason="Too large resource version: 9"), True),
        (ApiException(status=504, reason="slow"), False),
        (ApiException(status=503), False),
        (ApiException(status=429), False),
        (ApiException(status=401), False),
        (ApiException(status=403), False),
    ],
    ids=lambda given: (
        str(given)
        if isinstance(given, bool)
        else f"{type(given).__name__} {given.status} {given.reason or ''}"
    ),
)
def test_who_lost_its_version_reads_all_anew(err, expected):
    assert requires_list(err) is expected


def test_an_event_may_say_how_long_to_wait():
    details = {"retryAfterSeconds": 7}
    assert retry_after(ErrorEvent.of_status({"code": 429, "details": details})) == 7
    assert retry_after(ErrorEvent.of_status({"code": 500})) == 0


def test_objects_without_versions_may_be_put():
    watcher = Watcher(None, "/")
    for size in (1, 2):
        watcher.put({"metadata": {"name": "a"}, "size": size})

    assert watcher.objects["a"]["size"] == 2
