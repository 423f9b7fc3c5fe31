"""Servers and clients that mean no good, on this machine's own network."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

ENDLESS = 64 * 1024**2
"""As good as: more than anybody here should ever take."""


@dataclass
class HostileServer:
    """Answers each request with headers and a body that does not end."""

    head: bytes
    piece: bytes
    port: int = 0
    sent: int = 0
    """Bytes that left; what the kernel holds is among them."""

    asked: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while (await reader.readline()).strip():
                pass
            self.asked += 1
            writer.write(self.head)
            writer.transport.set_write_buffer_limits(high=0)
            while self.sent < ENDLESS:
                writer.write(self.piece)
                await writer.drain()
                self.sent += len(self.piece)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hostile_server(
    status: int = 200, *, piece: bytes = b"x" * 8192, headers: str = ""
) -> AsyncIterator[HostileServer]:
    """Run one whose own kernel holds little back, so that ``sent`` means something."""
    head = f"HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {10**12}\r\n\r\n"
    hostile = HostileServer(head.encode(), piece)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
    server = await asyncio.start_server(hostile.answer, sock=listener)
    hostile.port = listener.getsockname()[1]
    async with server:
        yield hostile


@dataclass
class Connection:
    """A client that writes what it likes, as slowly as it likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int | None:
        """Of the next answer; None if the connection is closed without one."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), 30)
        except ConnectionError:
            return None
        return int(line.split()[1]) if line else None

    async def answer(self) -> tuple[int | None, bytes]:
        """All of the last answer of a connection."""
        status = await self.status()
        return status, await asyncio.wait_for(self.reader.read(), 30)


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Connection]:
    """Open one; it is closed in the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
