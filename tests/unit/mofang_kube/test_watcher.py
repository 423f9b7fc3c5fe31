"""The watch against an API server that does what real ones do, on loopback."""

import asyncio
import contextlib
import time

import pytest
from unit.mofang_kube.conftest import CUT, END, event, line

from mofang_kube import watcher as watcher_module
from mofang_kube.watcher import Watcher
from support.clock import FakeClock
from support.eventually import until


async def has_synced(watcher):
    watcher.start()
    async with asyncio.timeout(30):
        await watcher.has_synced.wait()


async def test_the_first_list_is_read_page_by_page(server, watched):
    server.page = 2
    for number in range(5):
        server.put(f"p{number}")
    watcher = watched(label_selector="a=b")

    await has_synced(watcher)

    assert sorted(watcher.objects) == ["p0", "p1", "p2", "p3", "p4"]
    assert [each.get("continue") for each in server.lists] == [None, "2", "4"]
    assert {each["labelSelector"] for each in server.lists} == {"a=b"}


async def test_changes_come_in_without_another_list(server, watched):
    server.put("old", size=1)
    server.put("gone")
    watcher = watched()
    await has_synced(watcher)

    new, changed = server.put("new"), server.put("old", size=2)
    gone = server.remove("gone")
    server.stream(
        event("ADDED", new), event("MODIFIED", changed), event("DELETED", gone)
    )
    await until(lambda: "gone" not in watcher.objects)

    assert watcher.objects == {"old": changed, "new": new}
    assert len(server.lists) == 1


async def test_subscribers_hear_changes_from_now_on(server, watched):
    server.put("before")
    watcher = watched()
    await has_synced(watcher)

    async with contextlib.aclosing(watcher.changes()) as changes:
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        server.stream(event("ADDED", server.put("after")))
        change = await asyncio.wait_for(first, 30)

    assert (change.type, change.object["metadata"]["name"]) == ("ADDED", "after")


@pytest.mark.parametrize(
    "last", [pytest.param(CUT, id="cut"), pytest.param(END, id="ended")]
)
async def test_a_watch_goes_on_where_it_stopped(server, watched, last):
    """Neither a broken connection nor the server's time limit costs a list."""
    watcher = watched()
    await has_synced(watcher)
    server.stream(event("ADDED", server.put("one")), server.bookmark(77), last)
    server.stream(event("ADDED", server.put("two")))

    await until(lambda: "two" in watcher.objects)

    assert [each["resourceVersion"] for each in server.watches] == ["1", "77"]
    assert all(each["allowWatchBookmarks"] == "true" for each in server.watches)
    assert len(server.lists) == 1


async def test_a_bookmark_is_no_object(server, watched):
    watcher = watched()
    await has_synced(watcher)
    server.stream(server.bookmark(50), event("ADDED", server.put("one")))

    await until(lambda: watcher.objects)

    assert list(watcher.objects) == ["one"]


async def test_a_forgotten_version_is_listed_anew(server, watched):
    """An object that went while nobody looked is told as deleted."""
    server.put("gone")
    server.put("kept")
    watcher = watched()
    await has_synced(watcher)
    async with contextlib.aclosing(watcher.changes()) as changes:
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        server.remove("gone")
        server.put("new")
        server.stream({"type": "ERROR", "object": {"code": 410, "message": "too old"}})
        told = [await asyncio.wait_for(first, 30), await anext(changes)]

    assert [(each.type, each.object["metadata"]["name"]) for each in told] == [
        ("DELETED", "gone"),
        ("ADDED", "new"),
    ]
    assert sorted(watcher.objects) == ["kept", "new"]
    assert len(server.lists) == 2


async def test_a_version_refused_at_once_is_listed_anew(server, watched):
    watcher = watched()
    server.stream(END)
    await has_synced(watcher)
    server.refusals = [410]

    await until(lambda: len(server.lists) == 2)


async def test_an_object_larger_than_a_buffer_arrives_whole(server, watched):
    watcher = watched()
    await has_synced(watcher)
    server.stream(event("ADDED", server.put("large", text="x" * 300_000)))

    await until(lambda: watcher.objects)

    assert len(watcher.objects["large"]["spec"]["text"]) == 300_000


async def test_lines_may_be_cut_anywhere(server, watched):
    """Chunks of a connection know nothing of lines, nor of letters."""
    watcher = watched()
    await has_synced(watcher)
    data = line(event("ADDED", server.put("one", text="é"))).replace(
        rb"\u00e9", "é".encode()
    )
    data += line(event("ADDED", server.put("two")))
    middle = data.index("é".encode()) + 1
    server.stream(data[:5], data[5:middle], data[middle:-3], data[-3:])

    await until(lambda: len(watcher.objects) == 2)

    assert watcher.objects["one"]["spec"]["text"] == "é"


async def test_half_a_line_before_a_cut_is_not_taken_in(server, watched):
    watcher = watched()
    await has_synced(watcher)
    data = line(event("ADDED", server.put("one")))
    server.stream(data[:20], CUT)
    server.stream(data)

    await until(lambda: "one" in watcher.objects)

    assert [each["resourceVersion"] for each in server.watches] == ["1", "1"]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(500, id="a fault"),
        pytest.param(429, id="too many requests"),
        pytest.param(403, id="a right not given yet"),
        pytest.param("<html>a proxy's page</html>", id="a page of a proxy"),
        pytest.param("[]", id="another form"),
    ],
)
async def test_no_answer_ends_the_watch_for_good(server, watched, refusal):
    server.put("one")
    server.refusals = [refusal, refusal]
    watcher = watched()

    await has_synced(watcher)

    assert list(watcher.objects) == ["one"]


async def test_an_unreadable_event_does_not_end_the_watch(server, watched):
    watcher = watched()
    await has_synced(watcher)
    server.stream(b"not json\n")
    server.stream(event("ADDED", server.put("one")))

    await until(lambda: watcher.objects)


async def test_objects_are_trimmed_before_they_are_kept(server, watched):
    server.put("listed", much="x")
    watcher = watched(trim=lambda obj: {"metadata": obj["metadata"]})
    await has_synced(watcher)
    server.stream(event("ADDED", server.put("watched", much="x")))

    await until(lambda: "watched" in watcher.objects)

    assert all("spec" not in each for each in watcher.objects.values())


async def test_what_we_wrote_ourselves_is_there_at_once(server, watched):
    watcher = watched()
    await has_synced(watcher)

    watcher.put({"metadata": {"name": "mine", "namespace": "n"}})
    assert "n/mine" in watcher.objects
    watcher.drop("n/mine")
    watcher.drop("n/mine")
    assert not watcher.objects


async def test_a_watcher_starts_once_and_may_be_stopped_twice(server, watched):
    watcher = watched()
    watcher.start()
    await has_synced(watcher)
    await watcher.stop()
    await watcher.stop()

    assert len(server.lists) == 1


async def test_a_subscriber_that_left_is_forgotten(server, watched):
    watcher = watched()
    await has_synced(watcher)
    async with contextlib.aclosing(watcher.changes()) as changes:
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting

    assert not watcher._subscribers


def test_objects_are_found_by_the_groups_they_are_in_now():
    """An object that changes its group is found in the new one only."""
    watcher = Watcher(None, "/", index=lambda obj: obj["groups"])

    def put(name, *groups):
        watcher.put({"metadata": {"name": name}, "groups": groups})

    put("a", "red", "all")
    put("b", "all")
    assert {each["metadata"]["name"] for each in watcher.indexed("all")} == {"a", "b"}
    put("a", "blue")
    assert watcher.indexed("red") == []
    assert [each["metadata"]["name"] for each in watcher.indexed("blue")] == ["a"]
    watcher.drop("a")
    assert watcher.groups() == {"all"}


async def test_a_silent_connection_is_given_up(server, watched):
    """Its other end may be gone without a word, and changes would be missed."""
    watcher = watched(silence=0.2)
    await has_synced(watcher)
    server.stream(server.bookmark(7))
    server.stream(event("ADDED", server.put("late")))

    await until(lambda: "late" in watcher.objects)

    assert len(server.lists) == 1, "it goes on from where it was"


async def test_a_slow_subscriber_holds_no_more_than_there_are_objects(server, watched):
    one, two = server.put("one"), server.put("two")
    watcher = watched()
    await has_synced(watcher)
    changes = watcher.changes()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)

    for size in range(1000):
        watcher.put({**one, "spec": {"size": size}})
        watcher.put({**two, "spec": {"size": size}})

    told = [await first, await anext(changes)]
    assert [each.object["spec"]["size"] for each in told] == [999, 999]
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_an_object_made_again_is_not_mixed_up_with_the_old_one(server, watched):
    watcher = watched()
    await has_synced(watcher)
    changes = watcher.changes()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)

    old = {"metadata": {"name": "same", "uid": "1"}}
    watcher.put(old)
    watcher.drop("same")
    watcher.put({"metadata": {"name": "same", "uid": "2"}})

    told = [await first, await anext(changes)]
    assert [(each.type, each.object["metadata"]["uid"]) for each in told] == [
        ("DELETED", "1"),
        ("MODIFIED", "2"),
    ]


async def test_a_kind_that_nobody_changes_is_watched_without_pauses(
    server, watched, caplog
):
    """Each pause would be a time in which a change is not seen."""
    clock = FakeClock()
    watcher = watched(silence=0.05, sleep=clock.sleep_async)
    await has_synced(watcher)
    await until(lambda: len(server.watches) >= 6)

    assert max(clock.pauses) < watcher_module._SHORTEST_PAUSE
    assert not [each for each in caplog.records if each.levelname == "WARNING"]


@pytest.mark.parametrize(
    ("headers", "minimum", "maximum"),
    [
        pytest.param({"Retry-After": "7"}, 7, 8, id="seconds"),
        pytest.param({"Retry-After": "86400"}, 120, 121, id="a day"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2026"}, 0, 1, id="a date"),
        pytest.param({}, 0, 1, id="nothing"),
    ],
)
async def test_no_request_comes_before_the_api_server_wants_one(
    server, watched, headers, minimum, maximum
):
    server.refusals = [(429, headers)]
    clock = FakeClock()

    await has_synced(watched(sleep=clock.sleep_async))

    assert minimum <= clock.pauses[0] <= maximum
    assert len(server.lists) == 1


async def test_watches_that_fail_together_do_not_come_back_together(server, watched):
    """They would, after each restart of the API server, from every program."""
    clock = FakeClock()
    for jitter in (0.0, 1.0):
        server.refusals = [500]
        watcher = watched(jitter=lambda kept=jitter: kept, sleep=clock.sleep_async)
        await has_synced(watcher)
        await watcher.stop()

    shortest, longest = clock.pauses
    assert longest == pytest.approx(2 * shortest)


async def test_a_watch_tells_when_it_last_heard_something(server, watched):
    watcher = watched()
    assert watcher.last_event is None
    before = time.time()
    await has_synced(watcher)
    assert before <= watcher.last_event <= time.time()

    watcher.last_event = 0.0
    server.stream(server.bookmark(50))
    await until(lambda: watcher.last_event)

    assert before <= watcher.last_event <= time.time()
    assert watcher.resource == "projects"


async def test_lists_after_the_first_are_counted(server, watched):
    watcher = watched()
    await has_synced(watcher)
    assert watcher.relists == 0
    server.stream({"type": "ERROR", "object": {"code": 410, "message": "too old"}})

    await until(lambda: watcher.relists)

    assert watcher.relists == 1
    assert len(server.lists) == 2
