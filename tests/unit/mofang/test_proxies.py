"""Laptops behind a proxy reach the platform by it, and notebooks by none."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from unit.mofang.fake_service import GIVEN, TOKEN

from mofang.async_client import AsyncClient
from mofang.client import Client
from mofang.errors import ConfigurationError, UnreachableError
from mofang.settings import ClientSettings
from support.ports import free_port

URL = "http://mofang.example.com/services/training"
ANSWER = b'{"jobs": [], "next": null, "total": 0}'


@asynccontextmanager
async def running_proxy():
    """A proxy that answers in the platform's place, and what it was asked for."""
    asked: list[str] = []

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.decode().partition("\r\n")[0])
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", asked


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("MOFANG_ENVIRONMENT", raising=False)


async def test_a_request_goes_by_the_proxy(monkeypatch):
    async with running_proxy() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        async with AsyncClient(**GIVEN | {"url": URL}) as client:
            assert (await client.list_jobs()).jobs == []

    [line] = asked
    assert line.startswith(f"GET {URL}/api/projects/")


async def test_the_blocking_client_goes_by_it_too(monkeypatch):
    def list_jobs():
        with Client(**GIVEN | {"url": URL}) as client:
            return client.list_jobs().jobs

    async with running_proxy() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        assert await asyncio.to_thread(list_jobs) == []

    assert len(asked) == 1


async def test_what_no_proxy_names_is_reached_without(monkeypatch):
    url = f"http://127.0.0.1:{free_port()}/services/training"
    async with running_proxy() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with AsyncClient(**GIVEN | {"url": url}) as client:
            with pytest.raises(UnreachableError):
                await client.list_jobs()

    assert asked == []


def test_a_notebook_uses_none(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    settings = ClientSettings(
        url=URL, token=TOKEN, project="vision", environment_name="pytorch"
    )

    assert settings.proxy() is None


def test_a_kind_that_cannot_be_used_is_refused(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "socks5://proxy.example.com:1080")

    with pytest.raises(ConfigurationError, match="NO_PROXY"):
        Client(**GIVEN | {"url": URL})
