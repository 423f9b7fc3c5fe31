"""What is made of whatever a server answers, if it answers."""

import asyncio
from contextlib import suppress

import pytest
from attack.exchange import MOST_BYTES, Exchange

ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def answer_of(*pieces: bytes, method="GET", within=5.0, closes=True, listen=None):
    """Send a request to a server that says these pieces, whatever it is asked."""

    async def serve(reader, writer):
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if not closes:
                await reader.read()
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    exchange = Exchange()
    async with server:
        port = server.sockets[0].getsockname()[1]
        options = {"method": method, "within": within, "listen": listen}
        answer = await exchange("127.0.0.1", port, ASKED, **options)
        exchange.close()
        await ended.wait()
    return answer


@pytest.mark.parametrize(
    ("pieces", "status", "body", "end"),
    [
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
            *(200, b"ok", "whole"),
            id="of a declared length",
        ),
        pytest.param(
            [
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"2\r\nok\r\n3;a=b\r\n, t\r\n0\r\n\r\n",
            ],
            *(200, b"ok, t", "whole"),
            id="in chunks",
        ),
        pytest.param(
            [b"HTTP/1.1 404 No\r\n\r\nnothing"],
            *(404, b"nothing", "whole"),
            id="to the end of the connection",
        ),
        pytest.param(
            [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nA: b\r\n\r\n"],
            *(204, b"", "whole"),
            id="after a first one",
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"],
            *(200, b"ok", "closed"),
            id="cut off",
        ),
        pytest.param([], *(0, b"", "closed"), id="none"),
        pytest.param([b"Go away"], *(0, b"Go away", "closed"), id="no HTTP"),
        pytest.param(
            [b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"\x81\x02hi"],
            *(101, b"\x81\x02hi", "whole"),
            id="a socket",
        ),
    ],
)
async def test_an_answer_is_read_to_its_end(pieces, status, body, end):
    answer = await answer_of(*pieces)

    assert (answer.status, answer.body, answer.end) == (status, body, end)


async def test_an_answer_without_end_is_cut():
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(MOST_BYTES)

    answer = await answer_of(endless, bytes(MOST_BYTES))

    assert answer.end == "cut"
    assert len(answer.body) < 3 * MOST_BYTES


async def test_silence_is_told():
    answer = await answer_of(closes=False, within=0.05)

    assert (answer.status, answer.end) == (0, "late")


async def test_nobody_there_is_told():
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    answer = await Exchange()("127.0.0.1", port, ASKED, method="GET", within=5)

    assert answer.end == "unreachable"


async def test_a_connection_serves_again_unless_its_end_is_unsure():
    connections, ended = 0, asyncio.Semaphore(0)

    async def serve(reader, writer):
        nonlocal connections
        connections += 1
        with suppress(ConnectionError):
            while await reader.read(1024):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        ended.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    exchange, seen = Exchange(), []
    async with server:
        for method in ("GET", "GET", "", "GET"):
            answer = await exchange("127.0.0.1", port, ASKED, method=method, within=5)
            assert answer.status == 200
            seen.append(connections)
        exchange.close()
        for _ in range(connections):
            await ended.acquire()

    assert seen == [1, 1, 2, 2]


async def test_what_does_not_end_is_listened_to_for_a_while():
    """However late it begins: the platform may be busy."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nevent"
    answer = await answer_of(head, within=60.0, listen=0.2, closes=False)

    assert (answer.status, answer.body, answer.end) == (200, b"event", "late")
    assert answer.seconds < 30

    silent = await answer_of(within=0.3, listen=0.1, closes=False)
    assert (silent.status, silent.end) == (0, "late")
    assert silent.seconds >= 0.3
