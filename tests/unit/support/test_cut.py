"""A connection that tests cut; that nothing of it is left is a rule of all tests."""

import asyncio
from contextlib import suppress

import pytest

from support.cut import Cut


@pytest.fixture
async def echo():
    """The port of a server that sends back what it gets."""

    async def answer(reader, writer):
        with suppress(OSError):
            while chunk := await reader.read(100):
                writer.write(chunk)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"are you there")
        return await reader.readexactly(13)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_connections_end_when_it_is_cut_and_come_back(echo):
    cut = Cut("127.0.0.1", echo)
    await cut.start()
    assert await ask(cut.port) == b"are you there"
    reader, writer = await asyncio.open_connection("127.0.0.1", cut.port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"

    await cut.refuse()

    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await ask(cut.port)

    await cut.start()
    assert await ask(cut.port) == b"are you there"
    await cut.refuse()


async def test_a_server_that_is_away_leaves_no_connection_open():
    cut = Cut("127.0.0.1", 1)
    await cut.start()

    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await ask(cut.port)

    await cut.refuse()


async def test_what_is_held_comes_later(echo):
    cut = Cut("127.0.0.1", echo)
    await cut.start()
    cut.stall()
    asked = asyncio.create_task(ask(cut.port))
    await cut.held.wait()
    assert not asked.done()

    cut.flow()

    assert await asked == b"are you there"
    await cut.refuse()
