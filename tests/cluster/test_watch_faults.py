"""Watches of the real API server that are cut, repeated, reordered and refused."""

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from cluster.test_jobs_world import eventually, the_configuration
from kubernetes_asyncio import client

from mofang_kube.watcher import Manifest, Watcher, WatchTiming
from support.api_proxy import ApiProxy, ApiRequest, Event, refusal, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = WatchTiming(longest_pause=0.5, silence=3.0)
RETRY_SECONDS = 2
LOOP_SECONDS = 12.0
PAIRS = 3
LONG_SECONDS = 60.0


def trim(obj: Manifest) -> Manifest:
    """What events and lists have in common."""
    metadata = obj["metadata"]
    kept = {name: metadata[name] for name in ("name", "uid", "resourceVersion")}
    return {"metadata": kept, "data": obj.get("data")}


@dataclass(kw_only=True)
class Watched:
    """ConfigMaps of a namespace, and a watch of them through the proxy."""

    proxy: ApiProxy
    core: client.CoreV1Api
    namespace: str
    watcher: Watcher
    asked: list[tuple[float, ApiRequest]] = field(default_factory=list)

    async def change(self) -> None:
        """Create, change, delete and create again."""
        names = [f"c{number}" for number in range(6)]
        for name in names:
            await self.create(name, "1")
        for name in names[:4]:
            await self.core.patch_namespaced_config_map(
                name, self.namespace, {"data": {"value": "2"}}
            )
        for name in names[:3]:
            await self.core.delete_namespaced_config_map(name, self.namespace)
        await self.create(names[0], "3")

    async def create(self, name: str, value: str) -> None:
        body = {"metadata": {"name": name}, "data": {"value": value}}
        await self.core.create_namespaced_config_map(self.namespace, body)

    async def is_equal(self) -> bool:
        """Whether the cache is what the API server has."""
        answer = await self.core.list_namespaced_config_map(
            self.namespace, _preload_content=False
        )
        items = json.loads(await answer.read())["items"]
        fresh = {each["metadata"]["name"]: trim(each) for each in items}
        cached = {obj["metadata"]["name"]: obj for obj in self.watcher.objects.values()}
        return fresh == cached

    async def converge(self, within: float = 20) -> None:
        await eventually(self.is_equal, within=within)


@asynccontextmanager
async def watching(
    namespace: str, script: Callable[[ApiProxy], None], timing: WatchTiming = QUICK
) -> AsyncIterator[Watched]:
    """Begin a watch, then let the script have its way with what follows.

    Args:
        namespace: Where.
        script: Sets the proxy's hooks.
        timing: Of the watch.
    """
    configuration = await the_configuration()
    async with (
        running_proxy(configuration) as proxy,
        client.ApiClient(configuration) as direct,
        client.ApiClient(client.Configuration(host=proxy.url)) as through,
    ):
        watcher = Watcher(
            through,
            f"/api/v1/namespaces/{namespace}/configmaps",
            trim=trim,
            timing=timing,
        )
        watched = Watched(
            proxy=proxy,
            core=client.CoreV1Api(direct),
            namespace=namespace,
            watcher=watcher,
        )
        script(proxy)
        scripted, clock = proxy.before, asyncio.get_running_loop().time

        async def count(asked: ApiRequest) -> web.Response | None:
            watched.asked.append((clock(), asked))
            return await scripted(asked) if scripted else None

        proxy.before = count
        watcher.start()
        try:
            yield watched
        finally:
            await watcher.stop()
            proxy.events = None
            await watched.core.delete_collection_namespaced_config_map(namespace)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def namespace() -> AsyncIterator[str]:
    name = f"watch-{secrets.token_hex(3)}"
    async with client.ApiClient(await the_configuration()) as api:
        core = client.CoreV1Api(api)
        await core.create_namespace({"metadata": {"name": name}})

        async def has_its_own() -> bool:
            # Kubernetes makes one in every namespace, a moment later.
            found = await core.list_namespaced_config_map(name)
            return bool(found.items)

        await eventually(has_its_own)
        yield name
        await core.delete_namespace(name)


# -- what becomes of events


def twice(proxy: ApiProxy) -> None:
    async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event]:
        yield event
        yield event

    proxy.events = events


def all_again(proxy: ApiProxy) -> None:
    known: list[Event] = []

    async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event]:
        known.append(event)
        for each in [event, *known]:
            yield each

    proxy.events = events


def swapped(proxy: ApiProxy) -> None:
    """Each watch holds its first event until the second has passed."""
    held: list[tuple[ApiRequest, Event]] = []

    async def events(asked: ApiRequest, event: Event) -> AsyncIterator[Event]:
        first = next((each for request, each in held if request is asked), None)
        if event["type"] == "BOOKMARK":
            yield event
        elif first is None:
            held.append((asked, event))
        else:
            yield event
            yield first

    proxy.events = events


def lost_and_cut(proxy: ApiProxy) -> None:
    seen: set[str] = set()

    async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event]:
        version = event["object"]["metadata"]["resourceVersion"]
        if version not in seen:
            seen.add(version)
            raise ConnectionResetError
        yield event

    proxy.events = events


def bookmarked_and_cut(proxy: ApiProxy) -> None:
    async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event]:
        yield event
        version = event["object"]["metadata"]["resourceVersion"]
        metadata = {"resourceVersion": version}
        yield {"type": "BOOKMARK", "object": {"metadata": metadata}}
        raise ConnectionResetError

    proxy.events = events


def silent(proxy: ApiProxy) -> None:
    """The first watch says nothing any more, and does not end."""
    held: list[ApiRequest] = []

    async def events(asked: ApiRequest, event: Event) -> AsyncIterator[Event]:
        if not held or asked is held[0]:
            held.append(asked)
            while proxy.events:  # noqa: ASYNC110 - set by whoever ends it
                await asyncio.sleep(0.05)
            raise ConnectionResetError
        yield event

    proxy.events = events


def each_once(*parts: Any) -> Callable[[ApiProxy], None]:
    """In place of the first events, one in each watch."""

    def script(proxy: ApiProxy) -> None:
        left = list(parts)

        async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event | bytes]:
            if left:
                yield left.pop(0)
                raise ConnectionResetError
            yield event

        proxy.events = events

    return script


def large(proxy: ApiProxy) -> None:
    async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event]:
        yield {**event, "padding": "x" * 8_000_000}

    proxy.events = events


def error_event(code: int, **more: Any) -> Event:
    status = {"kind": "Status", "code": code, "message": "by the test", **more}
    return {"type": "ERROR", "object": status}


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        pytest.param(twice, 2, id="each event twice"),
        pytest.param(all_again, 40, id="all events again after each"),
        pytest.param(lost_and_cut, 20, id="each event lost and the watch cut"),
        pytest.param(bookmarked_and_cut, 20, id="cut after each bookmark"),
        pytest.param(silent, 4, id="a connection without an end"),
        pytest.param(each_once(error_event(410)), 4, id="an event of 410"),
        pytest.param(
            each_once(error_event(500), error_event(504)), 6, id="events of faults"
        ),
        pytest.param(
            each_once(error_event(429, details={"retryAfterSeconds": 1})),
            3,
            id="an event of 429",
        ),
        pytest.param(each_once(b'{"type": "ADD'), 3, id="half a line and a cut"),
        pytest.param(each_once(b'{"type": "ADD\n'), 4, id="half a line and more"),
        pytest.param(each_once(b"<html>\n"), 4, id="a page of a proxy"),
        pytest.param(large, 2, id="events of 8 MB"),
    ],
)
async def test_the_cache_is_what_the_api_server_has(
    namespace: str, script: Callable[[ApiProxy], None], requests: int
) -> None:
    async with watching(namespace, script) as watched:
        await asyncio.wait_for(watched.watcher.has_synced.wait(), 20)

        await watched.change()

        await watched.converge(within=30)
        assert len(watched.asked) <= requests


async def test_a_second_event_before_the_first_is_no_loss(namespace: str) -> None:
    async with watching(namespace, swapped) as watched:
        await asyncio.wait_for(watched.watcher.has_synced.wait(), 20)
        core, create = watched.core, watched.create

        # Two events at a time: a watch has no third one to give out the first for.
        await asyncio.gather(create("s1", "1"), create("s2", "1"))
        await watched.converge(within=30)
        for name in ("s1", "s2"):
            body = {"data": {"value": "2"}}
            await core.patch_namespaced_config_map(name, namespace, body)
        await watched.converge(within=30)
        await core.delete_namespaced_config_map("s1", namespace)
        await create("s1", "3")
        await watched.converge(within=30)

        async def has_listed_for_each() -> bool:
            lists = [asked for _, asked in watched.asked if not asked.is_watch]
            return len(lists) == 1 + PAIRS

        await eventually(has_listed_for_each)
        assert len(watched.asked) <= 20


# -- what becomes of requests


def answered(
    code: int,
    reason: str,
    *,
    count: int = 1,
    only_watches: bool = False,
    **headers: str,
) -> Callable[[ApiProxy], None]:
    """Refuse the first requests, or watches."""

    def script(proxy: ApiProxy) -> None:
        left = [None] * count

        async def before(asked: ApiRequest) -> web.Response | None:
            if left and (asked.is_watch or not only_watches):
                left.pop()
                return refusal(code, reason, **headers)
            return None

        proxy.before = before

    return script


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        pytest.param(
            answered(410, "Expired", only_watches=True), 4, id="one watch by 410"
        ),
        pytest.param(answered(410, "Expired", count=3), 5, id="three lists by 410"),
        pytest.param(answered(500, "InternalError", count=8), 10, id="eight by 500"),
        pytest.param(
            answered(503, "ServiceUnavailable", count=8, only_watches=True),
            10,
            id="eight watches by 503",
        ),
    ],
)
async def test_refusals_pass(
    namespace: str, script: Callable[[ApiProxy], None], requests: int
) -> None:
    async with watching(namespace, script) as watched:
        await watched.change()

        await watched.converge()
        assert len(watched.asked) <= requests


@pytest.mark.parametrize("only_watches", [False, True], ids=["lists", "watches"])
async def test_no_request_comes_before_the_api_server_wants_one(
    namespace: str, *, only_watches: bool
) -> None:
    script = answered(
        429,
        "TooManyRequests",
        count=2,
        only_watches=only_watches,
        Retry_After=str(RETRY_SECONDS),
    )
    async with watching(namespace, script) as watched:
        await watched.change()
        await watched.converge()

    times = [time for time, _ in watched.asked][1 if only_watches else 0 :][:3]
    assert all(later - earlier >= RETRY_SECONDS for earlier, later in pairwise(times))


async def _expired(asked: ApiRequest) -> web.Response | None:
    return refusal(410, "Expired") if asked.is_watch else None


async def _empty(asked: ApiRequest) -> web.Response | None:
    return web.Response(body=b"") if asked.is_watch else None


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(_expired, id="410 for each watch"),
        pytest.param(_empty, id="each watch ends at once"),
    ],
)
async def test_a_watch_that_never_works_is_no_hot_loop(
    namespace: str, before: Any
) -> None:
    """The pauses grow to ten seconds; afterwards all is as it was."""

    def script(proxy: ApiProxy) -> None:
        proxy.before = before

    async with watching(namespace, script, WatchTiming()) as watched:
        await watched.change()
        loop = asyncio.get_running_loop()
        began = loop.time()
        working = asyncio.Event()
        scripted = watched.proxy.before

        async def until_the_end(asked: ApiRequest) -> Any:
            answer = await scripted(asked) if scripted else None
            if loop.time() - began < LOOP_SECONDS:
                return answer
            working.set()
            return None

        watched.proxy.before = until_the_end
        await asyncio.wait_for(working.wait(), LOOP_SECONDS + 15)
        await watched.converge()
        early = [time for time, _ in watched.asked if time - began < LOOP_SECONDS]

    # Pauses of 0.1, 0.2, 0.4 … seconds, at least half of each: nine in this time,
    # each before a list and a watch.
    assert len(early) <= 18


@pytest.mark.long
async def test_a_connection_without_an_end_is_noticed_by_its_silence(
    namespace: str,
) -> None:
    """The API server sends a bookmark each minute; nothing for longer is no life."""
    async with watching(namespace, silent, WatchTiming()) as watched:
        await asyncio.wait_for(watched.watcher.has_synced.wait(), 20)
        await watched.change()

        await watched.converge(within=WatchTiming().silence + 30)
        assert watched.watcher.relists == 0
        assert len(watched.asked) <= 3


FAULTS = [
    (410, "Expired"),
    (429, "TooManyRequests"),
    (500, "InternalError"),
    (503, "ServiceUnavailable"),
]


def in_turns(is_well: asyncio.Event) -> Callable[[ApiProxy], None]:
    """Each third answer is a fault; events are held, garbled or lost, until well."""
    requests, numbers = itertools.count(1), itertools.count(1)
    held: list[Event] = []

    async def before(_: ApiRequest) -> web.Response | None:
        turn, is_other = divmod(next(requests), 3)
        if is_other:
            return None
        code, reason = FAULTS[turn % len(FAULTS)]
        return refusal(code, reason, **({"Retry_After": "1"} if code == 429 else {}))

    async def events(_: ApiRequest, event: Event) -> AsyncIterator[Event | bytes]:
        match 0 if is_well.is_set() else next(numbers) % 6:
            case 1:
                held.append(event)
                return
            case 2:
                yield event
            case 4:
                yield b'{"type": "ADD\n'
            case 5:
                raise ConnectionResetError
        yield event
        if held:
            yield held.pop()

    def script(proxy: ApiProxy) -> None:
        proxy.before, proxy.events = before, events

    return script


@pytest.mark.long
async def test_faults_that_take_turns(namespace: str) -> None:
    is_well, loop = asyncio.Event(), asyncio.get_running_loop()
    async with watching(namespace, in_turns(is_well)) as watched:
        await asyncio.wait_for(watched.watcher.has_synced.wait(), 20)
        began = loop.time()
        while loop.time() - began < LONG_SECONDS:
            await watched.change()
            await watched.core.delete_collection_namespaced_config_map(namespace)
        is_well.set()
        await watched.change()
        await watched.converge(within=30)
        asked = len(watched.asked)

    # Pauses of half a second at most, half of each at least, before a list and a watch.
    assert asked <= 8 * (LONG_SECONDS + 30)
