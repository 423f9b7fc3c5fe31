"""The scripted API server of tests: what it passes on, and each way to disturb it."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web
from kubernetes_asyncio import client

from support.api_proxy import refusal, running_proxy

WATCHED = [{"type": "ADDED", "n": 1}, {"type": "MODIFIED", "n": 2}]


class Upstream:
    """A small API server, and what it was asked."""

    def __init__(self):
        self.asked = []
        self.url = ""
        self.ends_watches = asyncio.Event()

    async def answer(self, request):
        self.asked.append((request.method, request.raw_path, await request.text()))
        if request.query.get("watch"):
            return await self._watch(request)
        if request.headers.get("Upgrade"):
            return await self._echo(request)
        return web.json_response(
            {"path": request.path}, status=201 if request.method == "POST" else 200
        )

    async def _watch(self, request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        for event in WATCHED:
            await answer.write(json.dumps(event).encode() + b"\n")
        await self.ends_watches.wait()
        return answer

    async def _echo(self, request):
        socket = web.WebSocketResponse(protocols=["v4.channel.k8s.io"])
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(b"heard " + message.data)
        return socket


@pytest.fixture
async def upstream():
    served = Upstream()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    served.ends_watches.set()
    await runner.cleanup()


@pytest.fixture
async def proxy(upstream):
    async with running_proxy(client.Configuration(host=upstream.url)) as running:
        yield running


@pytest.fixture
async def http(proxy):
    async with aiohttp.ClientSession(proxy.url) as session:
        yield session


async def test_a_request_and_its_answer_pass_as_they_are(upstream, http):
    async with http.post("/api/v1/pods?dryRun=All", data=b'{"a":1}') as answer:
        assert answer.status == 201
        assert await answer.json() == {"path": "/api/v1/pods"}

    assert upstream.asked == [("POST", "/api/v1/pods?dryRun=All", '{"a":1}')]


async def test_a_write_is_told_from_a_read_and_a_watch(upstream, proxy, http):
    seen = []

    async def before(request):
        seen.append((request.verb, request.is_write, request.is_watch))

    proxy.before = before
    upstream.ends_watches.set()
    for verb, path in [
        ("GET", "/x"),
        ("GET", "/x?watch=True"),
        ("PATCH", "/x"),
        ("DELETE", "/x"),
    ]:
        async with http.request(verb, path) as answer:
            await answer.read()

    assert seen == [
        ("GET", False, False),
        ("GET", False, True),
        ("PATCH", True, False),
        ("DELETE", True, False),
    ]


async def test_an_answer_of_the_tests_never_reaches_the_api_server(
    upstream, proxy, http
):
    async def before(request):
        return refusal(429, "TooManyRequests", Retry_After="7")

    proxy.before = before
    async with http.get("/x") as answer:
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "7"
        said = await answer.json()

    assert (said["kind"], said["reason"]) == ("Status", "TooManyRequests")
    assert not upstream.asked


async def test_a_connection_that_ends_before_leaves_nothing_done(upstream, proxy, http):
    async def before(request):
        raise ConnectionResetError

    proxy.before = before
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post("/x", data=b"{}")

    assert not upstream.asked


async def test_a_connection_that_ends_after_leaves_it_done_and_unheard(
    upstream, proxy, http
):
    statuses = []

    async def after(request, status):
        statuses.append((request.path, status))
        raise ConnectionResetError

    proxy.after = after
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post("/x", data=b"{}")

    assert upstream.asked == [("POST", "/x", "{}")]
    assert statuses == [("/x", 201)]


async def test_events_are_dropped_doubled_and_changed_while_a_watch_is_open(
    proxy, http
):
    async def events(request, event):
        if event["n"] == 2:
            yield event
            yield {**event, "n": 3}

    proxy.events = events
    async with http.get("/x?watch=true") as answer:
        lines = [json.loads(await answer.content.readline()) for _ in range(2)]

    assert [line["n"] for line in lines] == [2, 3]


async def test_events_pass_as_they_are_unless_a_test_asks(proxy, http):
    async with http.get("/x?watch=1") as answer:
        lines = [json.loads(await answer.content.readline()) for _ in range(2)]

    assert lines == WATCHED


async def test_a_cut_ends_open_watches_and_lets_new_ones_in(proxy, http):
    async with http.get("/x?watch=1") as answer:
        await answer.content.readline()
        proxy.cut()
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()

    async with http.get("/x?watch=1") as answer:
        assert json.loads(await answer.content.readline()) == WATCHED[0]


async def test_another_path_is_asked_in_place_of_one(upstream, proxy, http):
    proxy.rewrite = lambda path: path.replace("/pods", "/namespaces/a/pods")
    async with http.get("/api/v1/pods?limit=1") as answer:
        await answer.read()

    assert upstream.asked == [("GET", "/api/v1/namespaces/a/pods?limit=1", "")]


async def test_both_directions_of_a_websocket_pass(proxy, http):
    """As ``exec`` uses one."""
    async with http.ws_connect("/exec", protocols=["v4.channel.k8s.io"]) as socket:
        assert socket.protocol == "v4.channel.k8s.io"
        await socket.send_bytes(b"\x00hello")
        assert await socket.receive_bytes() == b"heard \x00hello"


async def test_nothing_is_left_when_it_ends_with_a_watch_open(upstream):
    async with aiohttp.ClientSession() as session:
        async with running_proxy(client.Configuration(host=upstream.url)) as running:
            answer = await session.get(f"{running.url}/x?watch=1")
            await answer.content.readline()

        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{running.url}/x")
