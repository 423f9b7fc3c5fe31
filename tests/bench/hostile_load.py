"""The worst that one member can send, each kind in a process of its own.

``python -m bench.hostile_load KIND`` reads a JSON object from its input: the
platform's address, a token of the member, and a job. It ends when it is terminated.
"""

import asyncio
import contextlib
import json
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bench import gateway

TOGETHER = 60
_PIECE = b"x" * 1024


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom it is sent to."""

    url: str
    token: str
    job: str
    spec: dict[str, object]

    @property
    def jobs(self) -> str:
        return f"{self.url}/services/training/api/projects/vision/jobs"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}


async def slow_bodies(target: Target, _: aiohttp.ClientSession) -> None:
    """Bodies that never end, to the log-in page and to the training service."""
    address = urlsplit(target.url).netloc
    path = secrets.choice(["/hub/login", "/services/training/api/projects/vision/jobs"])
    reader, writer = await asyncio.open_connection(gateway.HOST, gateway.PORT)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: {address}\r\n"
        writer.write(f"{head}Content-Length: 120000\r\n\r\n".encode())
        for _ in range(110):
            writer.write(_PIECE)
            await writer.drain()
        while await reader.read(1024):
            pass
    finally:
        writer.close()


async def large_bodies(target: Target, http: aiohttp.ClientSession) -> None:
    """Bodies of 64 MiB, in pieces whose number nobody declares."""

    async def pieces():
        for _ in range(1024):
            yield _PIECE * 64

    path = secrets.choice(["/hub/login", "/services/training/api/projects/vision/jobs"])
    async with http.post(f"{target.url}{path}", data=pieces()) as answer:
        await answer.read()


async def unknown_tokens(target: Target, http: aiohttp.ClientSession) -> None:
    """Tokens that nobody has seen, each a new one."""
    headers = {"Authorization": f"token {secrets.token_hex(16)}"}
    async with http.get(target.jobs, headers=headers) as answer:
        await answer.read()


async def long_lists(target: Target, http: aiohttp.ClientSession) -> None:
    """The longest pages."""
    query = {"limit": "500"}
    async with http.get(target.jobs, params=query, headers=target.headers) as answer:
        await answer.read()


async def charts(target: Target, http: aiohttp.ClientSession) -> None:
    """Charts of most points."""
    url, query = f"{target.jobs}/{target.job}/metrics", {"points": "2000"}
    async with http.get(url, params=query, headers=target.headers) as answer:
        await answer.read()


async def unknown_jobs(target: Target, http: aiohttp.ClientSession) -> None:
    """Jobs that do not exist, each another one."""
    url = f"{target.jobs}/absent-{secrets.token_hex(3)}"
    async with http.get(url, headers=target.headers) as answer:
        await answer.read()


async def streams(target: Target, http: aiohttp.ClientSession) -> None:
    """Watches that stay open."""
    async with http.get(f"{target.jobs}/watch", headers=target.headers) as answer:
        async for _ in answer.content:
            pass
    await asyncio.sleep(0.05)


async def submissions(target: Target, http: aiohttp.ClientSession) -> None:
    """Jobs as large as may be, as many as are taken."""
    spec = {**target.spec, "name": "hostile", "arguments": ["x" * 30_000]}
    async with http.post(target.jobs, json=spec, headers=target.headers) as answer:
        await answer.read()


class ToGateway(AbstractResolver):
    """Leads every name to the gateway, with nothing in between that costs others."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=gateway.HOST,
                port=gateway.PORT,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None: ...


Act = Callable[[Target, aiohttp.ClientSession], Awaitable[None]]

LOADS: dict[str, Act] = {
    each.__name__: each
    for each in (
        slow_bodies,
        large_bodies,
        unknown_tokens,
        long_lists,
        charts,
        unknown_jobs,
        streams,
        submissions,
    )
}


async def press(act: Act, target: Target) -> None:
    """Do it again and again, many at a time, until the process is ended."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    connector = aiohttp.TCPConnector(limit=0, resolver=ToGateway())
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:

        async def again() -> None:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    await act(target, http)
                await asyncio.sleep(0)

        await asyncio.gather(*(again() for _ in range(TOGETHER)))


if __name__ == "__main__":
    asyncio.run(press(LOADS[sys.argv[1]], Target(**json.load(sys.stdin))))
