"""Shells that run in no container."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any


class PretendedStream:
    """A shell that prints what it is given and remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False
        self.taken = 0
        self.to_come: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue()
        self.offered = 0
        self.takes = asyncio.Event()
        self.takes.set()

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        while (frame := await self.to_come.get()) is not None:
            self.taken += 1
            yield frame

    async def send(self, frame: bytes) -> None:
        self.offered += 1
        await self.takes.wait()
        self.sent.append(frame)

    async def ping(self) -> None: ...

    async def close(self) -> None:
        self.is_closed = True
        self.takes.set()


class PretendedExec:
    def __init__(self) -> None:
        self.opened: list[PretendedStream] = []
        self.programs: list[Any] = []
        self.ended: list[str] = []

    async def open(self, target: Any, session: str, program: Any) -> PretendedStream:
        self.programs.append(program)
        self.opened.append(PretendedStream())
        return self.opened[-1]

    async def end(self, target: Any, session: str) -> None:
        self.ended.append(session)
