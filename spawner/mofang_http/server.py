"""Tornado's HTTP server with bounds on what it receives before anybody is recognised.

Tornado closes a connection without a word, or says no more than "Bad Request"; and its
bounds are per request, of which there may be any number.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any, cast

from tornado.http1connection import HTTP1Connection, HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPMessageDelegate
from typing_extensions import override

from mofang_http.bodies import BodiesInFlight
from mofang_http.connections import OpenConnections
from mofang_http.limits import ServerLimits
from mofang_http.request import BoundedRequest

_CHUNK_BYTES = 16 * 1024
"""What a connection may have read without being counted."""


class BoundedHTTPServer(HTTPServer):
    """An ``HTTPServer``; ``HTTPServer.configure`` makes it that of a whole process."""

    @override
    def initialize(  # type: ignore[override] # Our bounds come in place of Tornado's.
        self, request_callback: Any, *, limits: ServerLimits, **options: Any
    ) -> None:
        """Take the place of the constructor, as Tornado's configurable classes do.

        Args:
            request_callback: The application.
            limits: What is received.
            options: Other arguments of ``HTTPServer``.
        """
        super().initialize(
            request_callback,
            chunk_size=_CHUNK_BYTES,
            max_header_size=limits.header_bytes,
            # Bodies are bounded, and refused with an answer, by BoundedRequest.
            max_body_size=sys.maxsize,
            **options,
        )
        self._limits = limits
        self.bodies = BodiesInFlight(limits.bodies_bytes)
        """Those that are being received."""
        self.open_connections = OpenConnections(
            limits.connections, limits.header_seconds
        )

    @override
    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        connection = cast("HTTP1ServerConnection", server_conn)
        self.open_connections.wait(connection)
        if self.open_connections.is_full():
            self.open_connections.forget(connection)
            connection.stream.close()
        return BoundedRequest(
            super().start_request(server_conn, request_conn),
            cast("HTTP1Connection", request_conn),
            self._limits,
            self.bodies,
            has_headers=partial(self.open_connections.receive, connection),
            is_whole=partial(self.open_connections.answer, connection),
        )

    @override
    def on_close(self, server_conn: object) -> None:
        self.open_connections.forget(cast("HTTP1ServerConnection", server_conn))
        super().on_close(server_conn)
