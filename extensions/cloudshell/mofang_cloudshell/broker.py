"""The training service's shells as this server reaches them.

ShellError
├── NotOnPlatformError   this server lacks the platform's settings
├── BrokerAwayError      no answer from the service
└── ShellRefusedError    the service said no, with its reason
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import quote

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from mofang_cloudshell.names import ReplicaName

CONNECT_SECONDS = 15.0
"""Opening a shell takes a round through the service and the kubelet."""

PING_SECONDS = 120.0
"""Who does not answer for so long has gone; a browser that reads slowly has time."""

MAX_MESSAGE_BYTES = 4 * 1024 * 1024


class ShellError(Exception):
    """A shell could not be opened; the text is a sentence for its user."""


class NotOnPlatformError(ShellError):
    """The settings the platform gives to its servers are missing."""


class BrokerAwayError(ShellError):
    """The service could not be reached."""


class ShellRefusedError(ShellError):
    """The service refused, for instance because the container has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellBroker:
    """Opens shells with the server's hub token; the token stays in here."""

    url: str
    project: str
    token: str = field(repr=False)

    async def open(self, replica: ReplicaName) -> WebSocketClientConnection:
        """Return a new shell's connection, which speaks terminado's protocol.

        Raises:
            ShellError: It was not possible; the text says why.
        """
        if not (self.url and self.project and self.token):
            raise NotOnPlatformError(
                "This server was not started by Mofang, so it knows no training "
                "service. Start your server from the platform's page."
            )
        request = HTTPRequest(
            self._address(replica),
            headers={"Authorization": f"token {self.token}"},
            connect_timeout=CONNECT_SECONDS,
            request_timeout=CONNECT_SECONDS,
        )
        try:
            return await websocket_connect(
                request,
                max_message_size=MAX_MESSAGE_BYTES,
                ping_interval=PING_SECONDS,
            )
        except HTTPClientError as err:
            raise _explained(err) from err
        except OSError as err:
            raise BrokerAwayError(
                "The training service does not answer. The job is not affected. "
                "Press Reconnect in a moment."
            ) from err

    def _address(self, replica: ReplicaName) -> str:
        root = self.url.rstrip("/").replace("http", "ws", 1)
        project = quote(self.project, safe="")
        return (
            f"{root}/api/projects/{project}/jobs/{replica.job}"
            f"/shell/{replica.role}/{replica.index}"
        )


def _explained(err: HTTPClientError) -> ShellError:
    """Return the sentence the service sent with its refusal, or one of ours."""
    body = err.response.body if err.response is not None else b""
    try:
        message = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        message = None
    if isinstance(message, str) and message:
        return ShellRefusedError(message)
    if err.code == HTTP_TIMEOUT or err.code >= HTTP_SERVER_ERRORS:
        return BrokerAwayError(
            "The training service could not open a shell just now. "
            "Press Reconnect in a moment."
        )
    return ShellRefusedError(
        f"The training service refused to open a shell (status {err.code})."
    )


HTTP_SERVER_ERRORS = 500
HTTP_TIMEOUT = 599
"""What tornado calls a request that never got an answer."""
