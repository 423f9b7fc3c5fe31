"""The hub's own look at a user's server reads little of what that answers."""

import gzip
import logging
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from jupyterhub import __version__
from jupyterhub._version import _check_version
from jupyterhub.httpclient import JupyterHubHTTPClient
from jupyterhub.utils import wait_for_http_server
from traitlets.config import Config
from unit.mofang_http.hostile import hostile_server

from mofang_hub.config.configure import configure
from mofang_hub.settings import Secrets, Settings


@pytest.fixture
async def hubs_client(settings: Settings, secrets: Secrets) -> AsyncIterator[None]:
    """JupyterHub's client as the hub's configuration makes it."""
    c = Config()
    configure(c, settings, secrets)
    JupyterHubHTTPClient.clear_instance()
    client = JupyterHubHTTPClient.instance(config=c)
    yield
    await client.close()
    JupyterHubHTTPClient.clear_instance()


@pytest.mark.usefixtures("hubs_client")
async def test_an_endless_answer_is_not_read() -> None:
    async with hostile_server(404) as hostile:
        answer = await wait_for_http_server(hostile.url, timeout=10)
        assert answer.status == 404
        answer.close()

    assert hostile.sent < 2 * 1024**2


@pytest.mark.usefixtures("hubs_client")
async def test_a_compressed_answer_stays_compressed() -> None:
    bomb = gzip.compress(bytes(256 * 1024**2), compresslevel=1)
    headers = "Content-Encoding: gzip\r\n"
    async with hostile_server(200, piece=bomb, headers=headers) as hostile:
        tracemalloc.start()
        answer = await wait_for_http_server(hostile.url, timeout=10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        answer.close()

    assert peak < 4 * 1024**2


@pytest.mark.usefixtures("hubs_client")
@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param("6.1.1", "6.1.1", id="a version"),
        pytest.param("what its user likes", None, id="no version"),
        pytest.param("", None, id="nothing"),
    ],
)
async def test_a_version_that_is_none_does_not_end_the_hub(
    given: str, read: str | None
) -> None:
    """JupyterHub parses it as it starts, for each server that runs."""
    headers = f"X-JupyterHub-Version: {given}\r\n"
    async with hostile_server(404, headers=headers) as hostile:
        answer = await wait_for_http_server(hostile.url, timeout=10)
        found = answer.headers.get("X-JupyterHub-Version")
        _check_version(__version__, found, logging.getLogger())
        answer.close()

    assert found == read
