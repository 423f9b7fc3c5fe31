"""Little is read of what a server answers that somebody else wrote."""

import asyncio
import gzip
import tracemalloc
from types import SimpleNamespace

import pytest
from unit.mofang_http.hostile import hostile_server

from mofang_http.client import bounded_session, fetch_status, read_at_most

MOST_READ = 2 * 1024**2
"""What kernel and event loop take of a connection before anybody asks."""


@pytest.mark.parametrize("status", [200, 302, 404, 500])
async def test_of_an_endless_answer_the_status_is_read(status: int) -> None:
    async with hostile_server(status) as hostile, bounded_session(5) as session:
        assert await fetch_status(session, hostile.url) == status

    assert hostile.sent < MOST_READ


async def test_a_compressed_answer_stays_compressed() -> None:
    """A megabyte of it would be a gigabyte."""
    bomb = gzip.compress(bytes(256 * 1024**2), compresslevel=1)
    tracemalloc.start()
    headers = "Content-Encoding: gzip\r\n"
    async with (
        hostile_server(500, piece=bomb, headers=headers) as hostile,
        bounded_session(5) as session,
    ):
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert await fetch_status(session, hostile.url) == 500
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak - before < 4 * 1024**2


async def test_a_redirect_leads_nowhere() -> None:
    async with hostile_server() as other:
        headers = f"Location: {other.url}\r\n"
        async with (
            hostile_server(302, headers=headers) as hostile,
            bounded_session(5) as session,
        ):
            assert await fetch_status(session, hostile.url) == 302

    assert other.asked == 0


async def test_nobody_there_is_no_answer() -> None:
    async with bounded_session(5) as session:
        assert await fetch_status(session, "http://127.0.0.1:1/api") is None


async def test_endless_headers_are_no_answer() -> None:
    endless = f"X-Endless: {'x' * 100_000}\r\n"
    async with hostile_server(headers=endless) as hostile, bounded_session(5) as http:
        assert await fetch_status(http, hostile.url) is None


@pytest.mark.parametrize(
    ("size", "found"), [(3, b"abc"), (4, b"abc"), (2, None), (0, None)]
)
async def test_a_body_is_read_up_to_its_bound(size: int, found: bytes | None) -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(b"abc")
    stream.feed_eof()

    assert await read_at_most(SimpleNamespace(content=stream), size) == found
