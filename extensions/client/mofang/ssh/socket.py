"""A WebSocket of the service that is open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

import httpcore

from mofang.errors import MofangError, UnreachableError
from mofang.ssh.frames import Frame, FrameReader, Opcode, frame

READ_BYTES = 256 * 1024

PING_SECONDS = 20.0
"""Keeps what stands between here and there from ending a silent connection."""

SILENT_SECONDS = 75.0
"""After so much time without an answer to a ping the connection is lost."""

CLOSE_SECONDS = 2.0

_PEACEFUL = {1000, 1001, 1005}
# After the handshake httpx hands us what it builds on, whose errors are its own.
_LOST = (httpcore.NetworkError, httpcore.TimeoutException)


class Stream(Protocol):
    """The connection beneath."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        """Return what came; empty at the end."""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        """Return when it was taken."""


class ServiceSocket:
    """Bytes both ways, until the service says why not or one side ends.

    Args:
        stream: What is left of the connection after the handshake.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._writing = asyncio.Lock()
        self._pong: asyncio.Task[None] | None = None
        self._is_closing = False

    async def send(self, content: bytes) -> None:
        """Send bytes; return when the connection has taken them.

        Raises:
            UnreachableError: The connection is lost.
        """
        await self._write(Opcode.BINARY, content)

    async def contents(self) -> AsyncIterator[bytes]:
        """Yield the bytes that come, until the service closes.

        Raises:
            MofangError: The service said why there is no more, or is lost.
        """
        reader, text, is_text = FrameReader(), b"", False
        while content := await self._read():
            for found in reader.read(content):
                match found.opcode:
                    case Opcode.PING:
                        self._answer(found.content)
                    case Opcode.PONG:
                        pass
                    case Opcode.CLOSE:
                        await self._part(found)
                        return
                    case opcode:
                        if opcode is not Opcode.CONTINUATION:
                            is_text = opcode is Opcode.TEXT
                        if not is_text:
                            yield found.content
                            continue
                        text += found.content
                        if found.is_last:
                            raise MofangError(_sentence(text))
        if not self._is_closing:
            raise _lost()

    async def keep_alive(self) -> None:
        """Send pings for ever."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            if not self._writing.locked():
                await self._write(Opcode.PING, b"")

    async def close(self) -> None:
        """Tell the service that nothing more comes."""
        if self._is_closing:
            return
        self._is_closing = True
        with suppress(UnreachableError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._write(Opcode.CLOSE, (1000).to_bytes(2, "big"))

    async def _part(self, said: Frame) -> None:
        code = int.from_bytes(said.content[:2], "big") or 1005
        await self.close()
        if code not in _PEACEFUL:
            reason = said.content[2:].decode("utf-8", "replace")
            raise UnreachableError(
                f"Mofang closed the connection ({code} {reason}".rstrip() + "). If the "
                "job still runs, connect again."
            )

    def _answer(self, content: bytes) -> None:
        # Not awaited: as long as the service takes nothing, its bytes must still be
        # read. One answer to the many pings of that time is enough.
        if self._pong is None or self._pong.done():
            self._pong = asyncio.create_task(self._answer_later(content))

    async def _answer_later(self, content: bytes) -> None:
        with suppress(UnreachableError):
            await self._write(Opcode.PONG, content)

    async def _read(self) -> bytes:
        try:
            return await self._stream.read(READ_BYTES, timeout=SILENT_SECONDS)
        except _LOST as error:
            if self._is_closing:
                return b""
            raise _lost() from error

    async def _write(self, opcode: Opcode, content: bytes) -> None:
        try:
            async with self._writing:
                await self._stream.write(frame(opcode, content))
        except _LOST as error:
            raise _lost() from error


def _sentence(text: bytes) -> str:
    try:
        told = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        told = None
    if not isinstance(told, str) or not told:
        return "The platform ended the session without a reason this client knows."
    return "".join(each for each in told if each.isprintable())


def _lost() -> UnreachableError:
    return UnreachableError(
        "The connection to Mofang was lost. If the job still runs, connect again."
    )
