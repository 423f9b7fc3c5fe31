"""One request as bytes, and whatever comes back, bounded in size and time.

Standard library only: it also runs inside a pod, where nothing of ours is, as
``python3 -c``. There it reads requests and writes answers, JSON on a line each.
"""

import asyncio
import base64
import contextlib
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field

MOST_BYTES = 1024**2
_UPGRADED_SECONDS = 0.3
"""How long one listens to what a socket says that was opened."""
_HEAD = re.compile(rb"^HTTP/1\.[01] (\d{3})[^\r\n]*\r?\n")
_CHUNK = re.compile(rb"^([0-9a-fA-F]+)[^\r\n]*\r\n")


@dataclass(kw_only=True)
class Answer:
    """What came back."""

    status: int = 0
    """0: nothing that is HTTP/1."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    seconds: float = 0.0
    """Until its end."""
    end: str = "whole"
    """``whole``, or ``closed``, ``late``, ``cut`` (too long), ``unreachable``."""

    def header(self, name: str) -> str:
        """First value of a header, or nothing."""
        name = name.lower()
        return next((text for key, text in self.headers if key.lower() == name), "")


class _Client(asyncio.Protocol):
    """Keeps what comes, also what came before a connection was reset."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.changed = asyncio.Event()
        self.is_lost = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > 2 * MOST_BYTES and self.transport is not None:
            self.transport.pause_reading()
        self.changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self.changed.set()

    async def wait(self, deadline: float) -> bool:
        """Say whether more came in time."""
        self.changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self.changed.wait()
                return True
        return False


class Exchange:
    """Sends requests; connections that ended in order are used again."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[_Client]] = {}

    async def __call__(
        self,
        host: str,
        port: int,
        payload: bytes,
        *,
        method: str,
        within: float,
        listen: float | None = None,
    ) -> Answer:
        """Send a request and return what came back.

        Args:
            host: Where to.
            port: Where to.
            payload: All that is sent.
            method: Of the request, as the answer's length depends on it; empty where it
                may not end as HTTP says: its connection is used for nothing else.
            within: Seconds until one does not listen any more.
            listen: Likewise, from the answer's headers on; None for no other.
        """
        began = time.monotonic()
        deadline = asyncio.get_running_loop().time() + within
        client = self._take(host, port) if method else None
        was_idle = client is not None
        if client is None:
            try:
                client = await self._connect(host, port, within)
            except (OSError, TimeoutError) as error:
                return Answer(end="unreachable", body=str(error).encode())
        client.transport.write(payload)
        answer, is_reusable = await _read(client, method or "GET", deadline, listen)
        if was_idle and answer.end == "closed" and not answer.status:
            # It had been given up at the other end.
            client.transport.abort()
            self.close()
            options = {"method": method, "within": within, "listen": listen}
            return await self(host, port, payload, **options)
        if method and is_reusable and not client.is_lost:
            del client.received[:]
            self._idle.setdefault((host, port), []).append(client)
        else:
            client.transport.abort()
        answer.seconds = time.monotonic() - began
        return answer

    def close(self) -> None:
        """Close what is open for the next request."""
        for clients in self._idle.values():
            for each in clients:
                each.transport.abort()
        self._idle.clear()

    def _take(self, host: str, port: int) -> _Client | None:
        clients = self._idle.get((host, port), [])
        while clients:
            client = clients.pop()
            if not client.is_lost and not client.received:
                return client
        return None

    async def _connect(self, host: str, port: int, within: float) -> _Client:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within):
            return (await loop.create_connection(_Client, host, port))[1]


async def _read(
    client: _Client, method: str, deadline: float, listen: float | None
) -> tuple[Answer, bool]:
    """Return the answer, and whether its end is the end of what was sent."""
    answer = Answer()
    if not (head := await _head(client, deadline)):
        # HTTP/0.9, HTTP/2 or nothing at all.
        answer.body = bytes(client.received[:MOST_BYTES])
        answer.end = "closed" if client.is_lost else "late"
        return answer, False
    answer.status, answer.headers = head
    if listen is not None:
        deadline = min(deadline, asyncio.get_running_loop().time() + listen)
    answer.end = "closed"
    if answer.status == 101:
        listen = asyncio.get_running_loop().time() + _UPGRADED_SECONDS
        while await client.wait(min(listen, deadline)):
            if client.is_lost:
                break
        answer.body = bytes(client.received[:MOST_BYTES])
        answer.end = "whole"
        return answer, False
    if method == "HEAD" or answer.status in (204, 304):
        answer.end = "whole"
        return answer, not client.received
    chunked = "chunked" in answer.header("transfer-encoding").lower()
    length = answer.header("content-length")
    wanted = int(length) if length.isdecimal() else None
    while True:
        end = _body(client, answer, chunked=chunked, wanted=wanted)
        if end:
            answer.end = end
            keeps = "close" not in answer.header("connection").lower()
            framed = chunked or wanted is not None
            return answer, end == "whole" and keeps and framed
        if not await client.wait(deadline):
            answer.body += bytes(client.received)
            answer.end = "late"
            return answer, False


async def _head(
    client: _Client, deadline: float
) -> tuple[int, list[tuple[str, str]]] | None:
    while True:
        end = client.received.find(b"\r\n\r\n")
        found = _HEAD.match(client.received)
        if end >= 0 and found:
            status = int(found[1])
            lines = bytes(client.received[found.end() : end]).split(b"\r\n")
            del client.received[: end + 4]
            if status in (100, 103):
                continue
            pairs = [line.decode("latin-1").partition(":") for line in lines if line]
            return status, [(name, text.strip()) for name, _, text in pairs]
        if client.is_lost or len(client.received) > MOST_BYTES:
            return None
        if not await client.wait(deadline):
            return None


def _body(
    client: _Client, answer: Answer, *, chunked: bool, wanted: int | None
) -> str | None:
    """Move what has come into the answer; return how it ended, if it did."""
    received = client.received
    if chunked:
        while found := _CHUNK.match(received):
            size, start = int(found[1], 16), found.end()
            end = start + size
            if len(received) < end + 2:
                break
            answer.body += bytes(received[start:end])
            del received[: end + 2]
            if size == 0:
                return "whole"
    else:
        answer.body += bytes(received)
        received.clear()
        if wanted is not None and len(answer.body) >= wanted:
            return "whole"
    if len(answer.body) > MOST_BYTES:
        return "cut"
    if client.is_lost:
        is_framed = chunked or wanted is not None
        return "closed" if is_framed else "whole"
    return None


async def relay() -> None:
    """Send what comes by the input, and print the answers."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=8 * MOST_BYTES)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    exchange = Exchange()

    async def serve(line: bytes) -> None:
        asked = json.loads(line)
        answer = await exchange(
            asked["host"],
            asked["port"],
            base64.b64decode(asked["payload"]),
            method=asked["method"],
            within=asked["within"],
            listen=asked["listen"],
        )
        model = asdict(answer)
        model["body"] = base64.b64encode(answer.body).decode()
        print(json.dumps({"id": asked["id"], "answer": model}), flush=True)

    async with asyncio.TaskGroup() as group:
        while line := await reader.readline():
            group.create_task(serve(line))
    exchange.close()


if __name__ == "__main__":
    asyncio.run(relay())
