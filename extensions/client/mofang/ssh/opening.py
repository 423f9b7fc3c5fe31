"""Open a WebSocket of the service, over the connections that the clients use anyway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from mofang import calls
from mofang.calls import Call
from mofang.client import CONNECTION_ATTEMPTS
from mofang.errors import UnexpectedAnswerError
from mofang.settings import ClientSettings
from mofang.ssh.frames import accept_of, new_key
from mofang.ssh.socket import ServiceSocket

OPENING = httpx.Timeout(60.0, connect=10.0)

_SWITCHED = 101


@asynccontextmanager
async def open_socket(
    settings: ClientSettings, call: Call[None], headers: Mapping[str, str]
) -> AsyncIterator[ServiceSocket]:
    """Open a WebSocket.

    Raises:
        MofangError: It was refused, or nobody answered.
    """
    key = new_key()
    request = call.request(settings)
    request.headers.update(headers)
    request.headers.update(
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
        }
    )
    transport = httpx.AsyncHTTPTransport(retries=CONNECTION_ATTEMPTS)
    async with httpx.AsyncClient(timeout=OPENING, transport=transport) as http:
        with calls.reaching(settings.url):
            response = await http.send(request, stream=True)
        try:
            await _check_opened(response, key, settings.url)
            yield ServiceSocket(response.extensions["network_stream"])
        finally:
            await response.aclose()


async def _check_opened(response: httpx.Response, key: str, url: str) -> None:
    if response.status_code != _SWITCHED:
        with calls.reaching(url):
            await response.aread()
        calls.check_status(response)
    accepted = response.headers.get("Sec-WebSocket-Accept")
    if response.status_code != _SWITCHED or accepted != accept_of(key):
        raise UnexpectedAnswerError(
            f"{response.url.host} did not open a WebSocket. Something between here and "
            "Mofang does not let it through, or the platform is older than this client."
        )
