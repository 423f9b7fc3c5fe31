"""Bytes between two files and a WebSocket, each way as fast as the other side takes."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from mofang.ssh.backlog import Backlog
from mofang.ssh.socket import CLOSE_SECONDS, ServiceSocket

CHUNK_BYTES = 64 * 1024

QUIET_SECONDS = 1.0
"""A WebSocket has no end of one way alone. When our input has ended, what still comes
is taken until nothing has come for so long."""

T = TypeVar("T")


class Relay:
    """Carries bytes until either side ends.

    Args:
        socket: The service's side.
        source: The file whose bytes go there.
        sink: The file that gets what comes.
    """

    def __init__(self, socket: ServiceSocket, source: int, sink: int) -> None:
        self._socket = socket
        self._source = source
        self._sink = sink
        self._taken = 0
        self._backlog = Backlog()

    async def run(self) -> None:
        """Return when either side has ended.

        Raises:
            MofangError: The service said why it ended, or is lost.
        """
        up = asyncio.create_task(self._go_up())
        down = asyncio.create_task(self._go_down())
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if not down.done():
                await self._wait_for_quiet(down)
                await self._socket.close()
                await asyncio.wait({down}, timeout=CLOSE_SECONDS)
            if down.done():
                down.result()
            if up.done():
                up.result()
        finally:
            await self._socket.close()
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _go_up(self) -> None:
        while content := await apart(partial(os.read, self._source, CHUNK_BYTES)):
            await self._socket.send(content)

    async def _go_down(self) -> None:
        reading = asyncio.create_task(self._read_ahead())
        try:
            while content := await self._backlog.take():
                await apart(partial(_write, self._sink, content))
            await reading
        except BrokenPipeError:
            return
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read_ahead(self) -> None:
        try:
            async for content in self._socket.contents():
                self._taken += 1
                await self._backlog.add(content)
        finally:
            self._backlog.end()

    async def _wait_for_quiet(self, down: asyncio.Task[None]) -> None:
        seen = -1
        while not down.done() and (self._backlog.is_busy or seen != self._taken):
            seen = self._taken
            await asyncio.wait({down}, timeout=QUIET_SECONDS)


async def apart(work: Callable[[], T]) -> T:
    """Return what a call returns that may block for ever.

    It runs in a thread that does not hold up our end, as those of an executor do.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def complete(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only if T is

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed on
            failure = error
        # Nobody waits any more where the loop is closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(complete, result, failure)

    threading.Thread(target=run, daemon=True).start()
    return await future


def _write(sink: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(sink, rest) :]
