"""A WebSocket into a container: refused with a sentence before it opens, or bridged."""

from __future__ import annotations

import asyncio

import structlog
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from typing_extensions import override

from mofang_jobs.api.context import ServiceContext
from mofang_jobs.api.service_handler import ServiceHandler
from mofang_jobs.domain.client_protocols import Message
from mofang_jobs.domain.container_commands import ShellTarget
from mofang_jobs.services.shell_session import SessionRequest, ShellSession
from mofang_kube.errors import InvalidError

log = structlog.get_logger(__name__)

MAX_MESSAGE_BYTES = 4 * 1024**2
"""What a client may send at once."""


class _SocketClient:
    """The client at the other end of a WebSocket."""

    def __init__(self, socket: WebSocketHandler) -> None:
        self._socket = socket

    async def send(self, message: Message) -> None:
        is_binary = isinstance(message, bytes)
        try:
            # Returns when the connection has taken it: this holds floods back.
            await self._socket.write_message(message, binary=is_binary)
        except WebSocketClosedError as err:
            raise ConnectionError from err

    @property
    def has_gone(self) -> bool:
        connection = self._socket.ws_connection
        return connection is None or connection.is_closing()


class WebSocketProxyHandler(WebSocketHandler, ServiceHandler):
    """One client's session in one replica of a job; subclasses say of which kind."""

    is_stream = True

    @override
    def initialize(self, context: ServiceContext) -> None:
        super().initialize(context)
        self._session: ShellSession | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    @override
    def max_message_size(self) -> int:
        return MAX_MESSAGE_BYTES

    def check_request(self) -> None:
        """Look at a request before anything is looked for.

        Raises:
            MofangError: It is refused; says why.
        """
        raise NotImplementedError

    def session_request(self, target: ShellTarget) -> SessionRequest:
        """Return what the client asks for in the container."""
        raise NotImplementedError

    @override
    async def get(self, project: str, job: str, role: str, index: str) -> None:
        """Open the session, then the socket; both end together."""
        if not self._is_opening():
            raise InvalidError("A way into a container is a WebSocket; open it as one.")
        self.check_request()
        target = await self.context.targets.find(
            self.caller, project, job, (role, int(index))
        )
        self._session = await self.context.sessions.begin(
            self.session_request(target), _SocketClient(self)
        )
        try:
            # Returns when the socket is closed.
            await super().get(project, job, role, index)
        finally:
            await self._leave(self._session)

    @override
    def open(self, *_: str, **__: str) -> None:
        """Begin to bridge."""
        session = self._session
        assert session is not None  # noqa: S101 - get has made it
        self._running = asyncio.create_task(self._run(session), name="shell")

    async def _run(self, session: ShellSession) -> None:
        try:
            await self.context.sessions.run(session, lambda: self._check(session))
        except Exception:
            log.exception("shell broke", session=session.id)
        finally:
            # First: a container that takes nothing would hold up the socket's end.
            self.context.sessions.close(session)
            self.close()

    async def _check(self, session: ShellSession) -> None:
        """Return if who came would be admitted again, with the same token."""
        caller = await self.recognise()
        await self.context.targets.reauthorize(caller, session.session_request.target)

    @override
    async def on_message(self, message: str | bytes) -> None:
        """Pass on what was sent; the next message is read when this one is taken."""
        if self._session is not None:
            await self._session.typed(message)

    async def _leave(self, session: ShellSession) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self.context.sessions.close(session)

    def _is_opening(self) -> bool:
        """Whether it is a WebSocket's handshake in all that one consists of."""
        headers = self.request.headers
        return (
            headers.get("Upgrade", "").lower() == "websocket"
            and "upgrade" in headers.get("Connection", "").lower()
            and headers.get("Sec-WebSocket-Version") == "13"
            and "Sec-WebSocket-Key" in headers
        )
