"""The hub, as a server reports its activity to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mofang_api.models.activity import (
        ActivityReport,
        CullingStatus,
        ExtensionRequest,
    )

T = TypeVar("T", bound="BaseModel")

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_AWAY = "The hub does not answer. Try again in a minute."


class HubRefusalError(Exception):
    """The hub did not take what it was sent; the message is for people."""

    def __init__(self, message: str, status: int = HTTPStatus.BAD_GATEWAY) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True, kw_only=True)
class ActivityClient:
    """Sends what concerns one server, with its token."""

    url: str
    """Of the server below the hub's API."""
    token: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Return the client of a server that JupyterHub has started, else None."""
        found = server_path(environment)
        if found is None:
            return None
        path = f"users/{found.user}/servers/{found.server}"
        return cls(url=f"{found.api}/mofang/{path}", token=found.token)

    async def report(self, report: ActivityReport) -> CullingStatus:
        """Report the activity; the hub may stop the server on it.

        Raises:
            HubRefusalError: It was not taken.
        """
        return await self._post("activity", report)

    async def extend(self, request: ExtensionRequest) -> CullingStatus:
        """Ask to keep the server running.

        Raises:
            HubRefusalError: It will not be; says why.
        """
        return await self._post("extension", request)

    async def _post(
        self, path: str, body: ActivityReport | ExtensionRequest
    ) -> CullingStatus:
        # The start-up time of every server counts.
        from mofang_api.models.activity import CullingStatus  # noqa: PLC0415

        return await ask_hub(
            f"{self.url}/{path}",
            self.token,
            CullingStatus,
            body=body.model_dump(mode="json"),
        )


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
    answer: type[T],
    *,
    method: str = "POST",
    body: Mapping[str, Any] | None = None,
    seconds: float = _ANSWER_SECONDS,
) -> T:
    """Send a request to the hub, and return its answer.

    Args:
        url: Below the hub's API.
        token: Of this server.
        answer: Model of the answer.
        method: Of HTTP.
        body: JSON.
        seconds: For the answer.

    Raises:
        HubRefusalError: It was refused, or the hub does not answer.
    """
    try:
        found = await AsyncHTTPClient().fetch(
            url,
            method=method,
            body=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"token {token}",
                "Content-Type": "application/json",
            },
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=seconds,
            follow_redirects=False,
        )
        return answer.model_validate_json(found.body)
    except HTTPClientError as err:
        raise HubRefusalError(_message(err), err.code) from err
    except (OSError, ValueError) as err:
        raise HubRefusalError(_AWAY) from err


def _message(err: HTTPClientError) -> str:
    """Return the hub's own message where it has sent one."""
    try:
        found: Any = json.loads(err.response.body)["message"] if err.response else ""
    except (ValueError, KeyError, TypeError):
        found = ""
    return str(found) or _AWAY
