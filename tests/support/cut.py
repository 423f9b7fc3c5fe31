"""A connection to a real server that a test can cut or stop."""

import asyncio
from contextlib import suppress


class Cut:
    """Forwards one port of this machine to a server until told otherwise.

    Args:
        host: Where the server is.
        port: Its port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._flows = asyncio.Event()
        self._flows.set()
        self.held = asyncio.Event()
        """Set once something is held."""

        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        """Accept connections, at the same port as before."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port or None, limit=1 << 20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """End all connections and accept none, as where a machine is switched off."""
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    def stall(self) -> None:
        """Let nothing through and say nothing, as where a cable is pulled."""
        self.held.clear()
        self._flows.clear()

    def flow(self) -> None:
        """Let through what was held."""
        self._flows.set()

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            with suppress(OSError):
                there, away = await asyncio.open_connection(*self._there)
                try:
                    await asyncio.gather(
                        self._pass(reader, away), self._pass(there, writer)
                    )
                finally:
                    await _end(away)
        finally:
            await _end(writer)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(1 << 16):
                if not self._flows.is_set():
                    self.held.set()
                await self._flows.wait()
                writer.write(chunk)
                await writer.drain()
            writer.write_eof()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()
