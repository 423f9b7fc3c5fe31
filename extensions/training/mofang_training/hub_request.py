"""One request to the hub's API with a server's own token."""

from __future__ import annotations

import json
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
_BAD_GATEWAY = 502
_AWAY = "The hub does not answer. Try again in a minute."


class HubRefusalError(Exception):
    """The hub did not take what it was sent; the message is for people."""

    def __init__(self, message: str, status: int = _BAD_GATEWAY) -> None:
        super().__init__(message)
        self.status = status


async def ask_hub(
    url: str,
    token: str,
    *,
    method: str = "GET",
    body: str | None = None,
    seconds: float = ANSWER_SECONDS,
) -> bytes:
    """Return the body of the hub's answer.

    Args:
        url: Whole address.
        token: The server's.
        method: HTTP method.
        body: JSON; None for none.
        seconds: How long the hub may take.

    Raises:
        HubRefusalError: It refuses, or does not answer.
    """
    try:
        answer = await AsyncHTTPClient().fetch(
            url,
            method=method,
            body=body,
            headers={
                "Authorization": f"token {token}",
                "Content-Type": "application/json",
            },
            connect_timeout=CONNECT_SECONDS,
            request_timeout=seconds,
            follow_redirects=False,
        )
    except HTTPClientError as err:
        raise HubRefusalError(_message(err), err.code) from err
    except (OSError, ValueError) as err:
        raise HubRefusalError(_AWAY) from err
    return bytes(answer.body)


def _message(err: HTTPClientError) -> str:
    """Return the hub's own message where it has sent one."""
    try:
        found: Any = json.loads(err.response.body)["message"] if err.response else ""
    except (ValueError, KeyError, TypeError):
        found = ""
    return str(found) or _AWAY
