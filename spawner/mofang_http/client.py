"""Ask servers that are not trusted: little is read of what they answer.

An answer may be endless, or compressed to a thousandth. So nothing is decompressed, and
no more is taken from the connection than fits one small buffer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

BUFFER_BYTES = 4096
_NO_COMPRESSION = {"Accept-Encoding": "identity"}


def session_options(timeout_seconds: float) -> dict[str, Any]:
    """Return arguments of ``aiohttp.ClientSession`` by which it reads little.

    Args:
        timeout_seconds: For a whole request, its answer included.
    """
    return {
        "auto_decompress": False,
        "headers": dict(_NO_COMPRESSION),
        "read_bufsize": BUFFER_BYTES,
        "timeout": aiohttp.ClientTimeout(total=timeout_seconds),
    }


def bounded_session(
    timeout_seconds: float, *, connector: aiohttp.BaseConnector | None = None
) -> aiohttp.ClientSession:
    """Return a session that reads little; to be closed.

    Args:
        timeout_seconds: For a whole request, its answer included.
        connector: By default, one that keeps no connection.
    """
    return aiohttp.ClientSession(
        connector=connector or aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        **session_options(timeout_seconds),
    )


async def fetch_status(session: aiohttp.ClientSession, url: str) -> int | None:
    """Return the status that a server answers with; None without an answer.

    Its body is not read, and redirects lead nowhere.
    """
    try:
        async with session.get(url, allow_redirects=False) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None


async def read_at_most(answer: aiohttp.ClientResponse, size: int) -> bytes | None:
    """Return an answer's body; None if it has more than so many bytes."""
    try:
        await answer.content.readexactly(size + 1)
    except asyncio.IncompleteReadError as err:
        return err.partial
    return None
