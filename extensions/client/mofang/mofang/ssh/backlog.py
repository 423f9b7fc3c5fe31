"""What lies between a service that sends and an ssh that is slow to read."""

from __future__ import annotations

import asyncio
from collections import deque

BACKLOG_BYTES = 8 * 1024**2
"""How far ahead of a slow reader the service is read. ssh lets 2 MiB of a channel be
under way: with more room than that pings are seen even while ssh stands still."""


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
