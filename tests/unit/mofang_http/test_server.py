"""What reaches a server before anybody is recognised is bounded, in bytes and time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from tornado import web
from tornado.testing import bind_unused_port
from unit.mofang_http.hostile import connection

from mofang_http.limits import ServerLimits
from mofang_http.server import BoundedHTTPServer
from support.eventually import until

LIMITS = ServerLimits(body_bytes=1000, bodies_bytes=2500, advice="Send a path.")


class Echo(web.RequestHandler):
    """Answers with how much it got; ``/slow`` answers when it is let."""

    goes_on = asyncio.Event()

    async def get(self) -> None:
        if self.request.path == "/large":
            self.finish(b"x" * 32 * 1024**2)
            return
        if self.request.path == "/slow":
            await self.goes_on.wait()
        self.finish("here")

    async def post(self) -> None:
        self.finish(str(len(self.request.body)))


@asynccontextmanager
async def serving(
    limits: ServerLimits = LIMITS,
) -> AsyncIterator[tuple[int, BoundedHTTPServer]]:
    Echo.goes_on = asyncio.Event()
    application = web.Application([(r"/.*", Echo)], log_function=lambda _: None)
    server = BoundedHTTPServer(application, limits=limits)
    listener, port = bind_unused_port()
    server.add_sockets([listener])
    try:
        yield port, server
    finally:
        Echo.goes_on.set()
        server.stop()
        await server.close_all_connections()


LAST = "Connection: close\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def post(length: int, body: bytes = b"", more: str = LAST) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {length}\r\n\r\n"
    return head.encode() + body


async def test_a_body_of_the_longest_length_arrives() -> None:
    async with serving() as (port, server), connection(port) as client:
        await client.send(post(1000, b"x" * 1000))

        assert await client.status() == 200
        assert server.bodies.total == 0


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(post(1001, b"x" * 1001), id="declared"),
        pytest.param(post(1024**4), id="declared, and far too long to be thrown away"),
        pytest.param(
            CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n1\r\nx\r\n0\r\n\r\n",
            id="in pieces",
        ),
    ],
)
async def test_a_longer_one_is_refused_with_what_to_do(sent: bytes) -> None:
    async with serving() as (port, server), connection(port) as client:
        await client.send(sent)
        status, rest = await client.answer()

        assert status == 413
        said: dict[str, Any] = json.loads(rest.partition(b"\r\n\r\n")[2])
        assert said["error"] == "too_large"
        assert said["message"].endswith("Send a path.")
        assert server.bodies.total == 0


@pytest.mark.parametrize("path", ["/%00", "/a%00.json?b", "/a/\0"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_with_a_nul_is_refused(method: str, path: str) -> None:
    async with serving() as (port, server), connection(port) as client:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{LAST}Content-Length: 1\r\n\r\n"
        await client.send(head.encode() + b"x")
        status, _ = await client.answer()

        assert status == 400
        assert server.bodies.total == 0


@pytest.mark.parametrize("path", ["/?a=%00", "/%2500"])
async def test_a_nul_elsewhere_is_the_applications(path: str) -> None:
    async with serving() as (port, _), connection(port) as client:
        await client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

        assert await client.status() == 200


async def test_endless_pieces_are_cut_off_after_little() -> None:
    async with serving() as (port, server), connection(port) as client:
        await client.send(CHUNKED)
        sent = 0
        piece = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        while sent < 64 * 1024**2:
            try:
                await client.send(piece)
            except ConnectionError:
                break
            sent += len(piece)
            assert server.bodies.total <= LIMITS.body_bytes

        assert sent < 16 * 1024**2


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    limits = ServerLimits(body_bytes=1000, body_seconds=0.05)
    async with serving(limits) as (port, server), connection(port) as client:
        await client.send(post(1000, b"x"))
        status, rest = await client.answer()

        assert status == 408
        assert b"Send it again." in rest
        assert server.bodies.total == 0


async def test_an_answer_may_take_longer_than_a_body() -> None:
    async with serving() as (port, server), connection(port) as client:
        await client.send(SLOW)
        await until(lambda: len(server.open_connections._answered) == 1)
        assert not server.open_connections._first_request, "no timer is left"
        Echo.goes_on.set()

        assert await client.status() == 200


async def test_bodies_have_a_bound_together_and_the_oldest_gives_way() -> None:
    async with serving() as (port, server), AsyncExitStack() as stack:
        clients = []
        for number in range(3):
            client = await stack.enter_async_context(connection(port))
            await client.send(post(1000, b"x" * 900))
            kept = min(number + 1, 2) * 900
            await until(lambda kept=kept: server.bodies.total == kept)
            clients.append(client)
        status, rest = await clients[0].answer()

        assert status == 429
        assert b"Retry-After: 1" in rest
        assert server.bodies.total == 1800
        for client in clients[1:]:
            await client.send(b"x" * 100)
            assert await client.status() == 200


async def test_connections_that_wait_give_way_to_new_ones() -> None:
    limits = ServerLimits(body_bytes=1000, connections=3)
    async with serving(limits) as (port, server), AsyncExitStack() as stack:

        async def opened() -> Any:
            return await stack.enter_async_context(connection(port))

        answered, idle, receiving = await opened(), await opened(), await opened()
        await answered.send(SLOW)
        await receiving.send(post(1000, b"x"))
        await until(lambda: len(server.open_connections) == 3)
        await until(lambda: len(server.open_connections._waiting) == 1)

        newest = await opened()
        await newest.send(SLOW)
        assert await idle.status() is None, "the idle one is closed first"
        await until(lambda: len(server.open_connections._answered) == 2)

        last = await opened()
        await last.send(GET)
        assert await receiving.status() is None, "then the one that sends slowly"
        assert await last.status() == 200
        assert len(server.open_connections) == 3

        Echo.goes_on.set()
        assert await answered.status() == 200
        assert await newest.status() == 200


async def test_who_comes_while_all_are_being_answered_is_turned_away() -> None:
    limits = ServerLimits(body_bytes=1000, connections=1)
    async with serving(limits) as (port, server), connection(port) as first:
        await first.send(SLOW)
        await until(lambda: len(server.open_connections._answered) == 1)
        async with connection(port) as second:
            assert await second.status() is None
        Echo.goes_on.set()

        assert await first.status() == 200


async def test_who_does_not_take_the_answer_gives_way() -> None:
    limits = ServerLimits(body_bytes=1000, connections=1)
    async with serving(limits) as (port, server), connection(port) as first:
        await first.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        answered = server.open_connections._answered
        await until(lambda: answered and next(iter(answered)).stream.writing())
        async with connection(port) as second:
            await second.send(GET)
            assert await second.status() == 200
        assert len(server.open_connections) <= 1


async def test_a_connection_that_has_sent_nothing_is_kept() -> None:
    limits = ServerLimits(body_bytes=1000, header_seconds=0.01)
    async with serving(limits) as (port, server), connection(port) as early:
        async with connection(port) as late:
            await late.send(b"GET")
            assert await late.status() is None, "its time is over"
        await early.send(GET)

        assert await early.status() == 200
        assert len(server.open_connections) == 1


async def test_a_connection_whose_request_never_ends_is_closed() -> None:
    limits = ServerLimits(body_bytes=1000, header_seconds=0.05)
    async with serving(limits) as (port, server), connection(port) as client:
        await client.send(b"GET / HTTP/1.1\r\nX-Slow")

        assert await client.status() is None
        assert len(server.open_connections) == 0


async def test_headers_have_a_bound() -> None:
    limits = ServerLimits(body_bytes=1000, header_bytes=2000)
    async with serving(limits) as (port, server), connection(port) as client:
        await client.send(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 4000)

        assert await client.status() is None
        await until(lambda: len(server.open_connections) == 0)


async def test_one_connection_carries_many_requests() -> None:
    async with serving() as (port, server), connection(port) as client:
        for _ in range(3):
            await client.send(post(3, b"abc", more=""))
            assert await client.status() == 200
            assert (await client.reader.readuntil(b"\r\n\r\n"))[-4:] == b"\r\n\r\n"
            assert await client.reader.readexactly(1) == b"3"
        assert len(server.open_connections) == 1
    assert len(server.open_connections) == 0
