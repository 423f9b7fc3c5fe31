"""Requests to the hub's API with a server's own token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

if TYPE_CHECKING:
    from pydantic import BaseModel

T = TypeVar("T", bound="BaseModel")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
_BAD_GATEWAY = 502
_AWAY = "The hub does not answer. Try again in a minute."
_UNEXPECTED = "The hub answered something unexpected. Try again in a minute."


class HubRefusalError(Exception):
    """The hub did not take what it was sent; the message is for people."""

    def __init__(self, message: str, status: int = _BAD_GATEWAY) -> None:
        super().__init__(message)
        self.status = status


class ServerPath(NamedTuple):
    """Where the hub knows this server."""

    api: str
    user: str
    """As it is in addresses."""
    server: str
    """Likewise."""
    token: str


def server_path(environment: Mapping[str, str]) -> ServerPath | None:
    """Return where the hub knows this server; None if JupyterHub has not started it."""
    names = ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER")
    api, token, user = (environment.get(name, "") for name in names)
    server = environment.get("JUPYTERHUB_SERVER_NAME", "")
    if not (api and token and user and server):
        return None
    return ServerPath(
        api.rstrip("/"), quote(user, safe=""), quote(server, safe=""), token
    )


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


async def ask_hub_for(
    url: str,
    token: str,
    answer: type[T],
    *,
    method: str = "POST",
    body: Mapping[str, Any] | None = None,
    seconds: float = ANSWER_SECONDS,
) -> T:
    """Return the hub's answer as a model.

    Args:
        url: Whole address.
        token: The server's.
        answer: Model of the answer.
        method: HTTP method.
        body: What becomes JSON; None for none.
        seconds: How long the hub may take.

    Raises:
        HubRefusalError: It refuses, does not answer, or answers something else.
    """
    sent = None if body is None else json.dumps(body)
    found = await ask_hub(url, token, method=method, body=sent, seconds=seconds)
    try:
        return answer.model_validate_json(found)
    except ValueError as err:
        raise HubRefusalError(_UNEXPECTED) from err


def _message(err: HTTPClientError) -> str:
    """Return the hub's own message where it has sent one."""
    try:
        found: Any = json.loads(err.response.body)["message"] if err.response else ""
    except (ValueError, KeyError, TypeError):
        found = ""
    return str(found) or _AWAY
