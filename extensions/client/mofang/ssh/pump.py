"""Bytes between two files and a WebSocket, each way as fast as the other side takes."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from mofang.ssh.socket import CLOSE_SECONDS, ServiceSocket

CHUNK_BYTES = 64 * 1024

BACKLOG_BYTES = 8 * 1024**2
"""How far ahead of a slow reader the service is read. ssh lets 2 MiB of a channel be
under way: with more room than that pings are seen even while ssh stands still."""

QUIET_SECONDS = 1.0
"""A WebSocket has no end of one way alone. When our input has ended, what still comes
is taken until nothing has come for so long."""

T = TypeVar("T")


class Pump:
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
        alive = asyncio.create_task(self._socket.keep_alive())
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
            for task in (up, down, alive):
                task.cancel()
            await asyncio.gather(up, down, alive, return_exceptions=True)

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


class Backlog:
    """Bytes that came and were not written yet, up to a bound."""

    def __init__(self, bound: int = BACKLOG_BYTES) -> None:
        self._bound = bound
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._has_ended = False
        self._changed = asyncio.Event()
        self.is_busy = False
        """Whether something waits or is being written."""

    async def add(self, content: bytes) -> None:
        """Put something at the end; return when there is room for more."""
        self._parts.append(content)
        self._size += len(content)
        self._wake()
        while self._size > self._bound:
            await self._changed.wait()

    async def take(self) -> bytes:
        """Return what comes next; nothing at the end. What was taken before is done."""
        self.is_busy = bool(self._parts)
        while not self._parts and not self._has_ended:
            await self._changed.wait()
        if not self._parts:
            return b""
        self.is_busy = True
        content = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        self._wake()
        return content

    def end(self) -> None:
        """Say that nothing more comes."""
        self._has_ended = True
        self._wake()

    def _wake(self) -> None:
        # Who waits sees this change; who comes later waits for the next.
        self._changed.set()
        self._changed = asyncio.Event()


async def apart(work: Callable[[], T]) -> T:
    """Return what a call returns that may block for ever.

    It runs in a thread that does not hold up our end, as those of an executor do.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
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
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True).start()
    return await future


def _write(sink: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(sink, rest) :]
