"""A WebSocket of the service that is open."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from mofang.errors import MofangError, UnreachableError

CLOSE_SECONDS = 2.0

_ABNORMAL = 1006
"""What stands for a connection that ended without a word."""


class ServiceSocket:
    """Bytes both ways, until the service says why not or one side ends.

    Args:
        connection: The open WebSocket.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, content: bytes) -> None:
        """Send bytes; return when the connection has taken them.

        Raises:
            UnreachableError: The connection is lost.
        """
        try:
            await self._connection.send(content)
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def contents(self) -> AsyncIterator[bytes]:
        """Yield the bytes that come, until the service closes.

        Raises:
            MofangError: The service said why there is no more, or is lost.
        """
        while True:
            try:
                message = await self._connection.recv()
            except ConnectionClosedOK:
                return
            except ConnectionClosed as error:
                raise _lost(error) from error
            if isinstance(message, str):
                raise MofangError(_message(message))
            yield message

    async def close(self) -> None:
        """Tell the service that nothing more comes."""
        await self._connection.close()


def _message(text: str) -> str:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        error = None
    if not isinstance(error, str) or not error:
        return "The platform ended the session without a reason this client knows."
    return "".join(each for each in error if each.isprintable())


def _lost(error: ConnectionClosed) -> UnreachableError:
    said = error.rcvd
    if said is None or said.code == _ABNORMAL:
        return UnreachableError(
            "The connection to Mofang was lost. If the job still runs, connect again."
        )
    return UnreachableError(
        f"Mofang closed the connection ({said.code} {said.reason}".rstrip() + "). If "
        "the job still runs, connect again."
    )
