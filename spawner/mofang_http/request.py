"""One request on its way in: what is too long or too slow gets no further."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from typing_extensions import override

from mofang_http.bodies import BodiesInFlight
from mofang_http.limits import (
    Refusal,
    ServerLimits,
    bad_path,
    too_large,
    too_many,
    too_slow,
)

log = logging.getLogger(__name__)

DRAINED_BYTES = 1024**2
"""So much of a body that is too long is received and thrown away before the answer.

A connection that is closed while somebody writes loses the answer, too; so clients that
are wrong by little learn why.
"""


DRAIN_PAUSE_SECONDS = 0.1
"""After each piece that is thrown away: whoever goes on sending waits, and the server
has time for others."""


class BoundedRequest(HTTPMessageDelegate):
    """Stands before the application's own delegate and answers in its place.

    Args:
        inner: The application's.
        connection: Where the answer goes.
        limits: What is received.
        bodies: All bodies that are being received.
        has_headers: Is called when the headers have come.
        is_whole: Is called when the body has come.
    """

    def __init__(
        self,
        inner: HTTPMessageDelegate,
        connection: HTTP1Connection,
        limits: ServerLimits,
        bodies: BodiesInFlight,
        *,
        has_headers: Callable[[], None],
        is_whole: Callable[[], None],
    ) -> None:
        self._inner: HTTPMessageDelegate | None = inner
        self._connection = connection
        self._limits = limits
        self._bodies = bodies
        self._has_headers = has_headers
        self._is_whole = is_whole
        self._refusal: Refusal | None = None
        self._is_answered = False
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None

    @override
    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._has_headers()
        declared = headers.get("Content-Length", "")
        # Anything else than a number is refused where the body is read.
        length = int(declared) if declared.isdecimal() and declared.isascii() else 0
        if length > self._limits.body_bytes:
            self._inner = None
            self._refuse(too_large(self._limits), left=length)
        elif isinstance(start_line, RequestStartLine) and _has_nul(start_line.path):
            # File systems and databases break on it, wherever it is decoded.
            self._refuse(bad_path(), left=length)
        has_body = length > 0 or "Transfer-Encoding" in headers
        if has_body and not self._is_answered:
            self._timer = asyncio.get_running_loop().call_later(
                self._limits.body_seconds, self._be_late
            )
        if self._inner is None:
            return None
        return self._inner.headers_received(start_line, headers)

    @override
    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._received += len(chunk)
        if self._refusal is None and self._received > self._limits.body_bytes:
            self._refuse(too_large(self._limits), left=0)
        if self._refusal is not None:
            if self._received > DRAINED_BYTES:
                self._answer()
                return None
            return asyncio.sleep(DRAIN_PAUSE_SECONDS)
        self._bodies.add(self, len(chunk))
        # It may have had to give way to itself.
        return self._inner.data_received(chunk) if self._inner else None

    @override
    def finish(self) -> None:
        self._end_body()
        self._is_whole()
        if self._refusal is not None:
            self._answer(is_last=False)
        elif self._inner is not None:
            self._inner.finish()

    @override
    def on_connection_close(self) -> None:
        self._end_body()
        self._leave_inner()

    def give_way(self) -> None:
        """Answer that too much is being received from all together."""
        self._refuse(too_many(), left=0)
        self._answer()

    def _be_late(self) -> None:
        if self._refusal is None:
            self._refuse(too_slow(self._limits), left=0)
        self._answer()

    def _refuse(self, refusal: Refusal, *, left: int) -> None:
        """Keep nothing more of the body; answer at once if too much of it is left."""
        self._refusal = refusal
        self._bodies.remove(self)
        self._leave_inner()
        if left > DRAINED_BYTES:
            self._answer()

    def _leave_inner(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.on_connection_close()

    def _end_body(self) -> None:
        self._bodies.remove(self)
        if self._timer is not None:
            self._timer.cancel()

    def _answer(self, *, is_last: bool = True) -> None:
        if self._refusal is None or self._is_answered:
            return
        self._is_answered = True
        self._end_body()
        refusal, body = self._refusal, self._refusal.body()
        log.info(
            "request from %s refused: %d", self._connection.context, refusal.status
        )
        headers = HTTPHeaders(
            {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )
        if is_last:
            # The rest of the body would be read as the next request.
            headers["Connection"] = "close"
        if refusal.retry_seconds is not None:
            headers["Retry-After"] = str(refusal.retry_seconds)
        start = ResponseStartLine("HTTP/1.1", refusal.status, refusal.status.phrase)
        self._connection.write_headers(start, headers, body)
        self._connection.finish()


def _has_nul(target: str) -> bool:
    path = target.partition("?")[0]
    return "%00" in path or "\0" in path
