"""What a stopped server leaves open."""

from collections.abc import Callable

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from support.hub import HubSession

OPTIONS = {"project": "vision", "environment": "base"}
SERVER = "vision-base"


def test_a_stop_closes_the_websockets_of_the_server(
    hub_of: Callable[[str], HubSession],
) -> None:
    """Envoy keeps the streams of a deleted route; the hub's stop waits for the pod."""
    session = hub_of("ben")
    if not session.server(SERVER):
        answer = session.start(SERVER, OPTIONS)
        assert answer.status_code in (201, 202), answer.text
    session.wait_ready(SERVER)
    headers = {"Authorization": f"token {session.token}"}
    url = session.server_url(SERVER)
    made = httpx.post(f"{url}api/terminals", headers=headers, trust_env=False)
    made.raise_for_status()
    path = f"terminals/websocket/{made.json()['name']}"

    with connect(
        url.replace("http", "ws", 1) + path, additional_headers=headers
    ) as terminal:
        assert terminal.recv(timeout=60)
        session.stop(SERVER)

        with pytest.raises(ConnectionClosed):
            read_all(terminal)


def read_all(terminal: ClientConnection) -> None:
    """Read what a terminal printed, and then until its connection ends."""
    for _ in range(1000):
        terminal.recv(timeout=60)
