"""Open connections by what they wait for; those that only wait give way to new ones."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from tornado.http1connection import HTTP1ServerConnection

_BYTES_RECEIVED = 128
"""Offset of ``tcpi_bytes_received`` in Linux's ``struct tcp_info``."""


class OpenConnections:
    """Keeps the number of connections bounded, and open for whoever comes.

    A connection waits for a request, receives one or is being answered. When there is
    no room for another one, the one that has waited longest is closed, or else the one
    that has been receiving longest, or else one whose other end does not take what it
    asked for. So nobody can keep others out by connections that cost nothing.

    Args:
        maximum: How many there may be.
        header_seconds: How long a new one may take at most to its first request once it
            has sent something; half as long at least. One that has sent nothing is
            kept: a proxy such as Envoy opens some ahead, for requests that may come at
            any moment.
    """

    def __init__(self, maximum: int, header_seconds: float) -> None:
        self._maximum = maximum
        self._header_seconds = header_seconds
        # Each in the order in which they got there.
        self._waiting: dict[HTTP1ServerConnection, None] = {}
        self._receiving: dict[HTTP1ServerConnection, None] = {}
        self._answered: dict[HTTP1ServerConnection, None] = {}
        self._first_request: dict[HTTP1ServerConnection, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._receiving) + len(self._answered)

    def wait(self, connection: HTTP1ServerConnection) -> None:
        """Note that a connection, a new one or not, waits for a request."""
        if connection.stream.closed():
            # Tornado asks once more before it sees that.
            return
        is_new = connection not in self._receiving and connection not in self._answered
        if is_new:
            self._make_room()
            self._time(connection)
        self._drop(connection)
        self._waiting[connection] = None

    def receive(self, connection: HTTP1ServerConnection) -> None:
        """Note that the headers of a request have come."""
        if (timer := self._first_request.pop(connection, None)) is not None:
            timer.cancel()
        if self._drop(connection):
            self._receiving[connection] = None

    def answer(self, connection: HTTP1ServerConnection) -> None:
        """Note that a request has come as a whole."""
        if self._drop(connection):
            self._answered[connection] = None

    def forget(self, connection: HTTP1ServerConnection) -> None:
        """Note that a connection is closed, or has another protocol now."""
        if (timer := self._first_request.pop(connection, None)) is not None:
            timer.cancel()
        self._drop(connection)

    def _time(
        self, connection: HTTP1ServerConnection, *, has_begun: bool = False
    ) -> None:
        self._first_request[connection] = asyncio.get_running_loop().call_later(
            self._header_seconds / 2, self._be_late, connection, has_begun
        )

    def _be_late(self, connection: HTTP1ServerConnection, had_begun: bool) -> None:
        # What has just come is read at the loop's next turn: it gets another half.
        if had_begun:
            self._close(connection)
        else:
            self._time(connection, has_begun=_has_received(connection))

    def _drop(self, connection: HTTP1ServerConnection) -> bool:
        """Take it out of its group; say whether it was in one."""
        found = False
        for group in (self._waiting, self._receiving, self._answered):
            with contextlib.suppress(KeyError):
                del group[connection]
                found = True
        return found

    def _make_room(self) -> None:
        if len(self) < self._maximum:
            return
        for group in (self._waiting, self._receiving):
            if group:
                self._close(next(iter(group)))
                return
        for each in self._answered:
            if each.stream.writing():
                self._close(each)
                return

    def is_full(self) -> bool:
        """Say whether even the newest one must go: all others are being answered."""
        return len(self) > self._maximum

    def _close(self, connection: HTTP1ServerConnection) -> None:
        self.forget(connection)
        connection.stream.close()


def _has_received(connection: HTTP1ServerConnection) -> bool:
    """Say whether anything at all has come by a connection."""
    try:
        info = connection.stream.socket.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED + 8
        )
    except OSError:
        # It is closed, or not TCP.
        return True
    return bool(struct.unpack_from("=Q", info, _BYTES_RECEIVED)[0])
