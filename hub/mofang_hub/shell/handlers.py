"""The shell's WebSocket: refused with a sentence before it opens, or bridged."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from tornado.websocket import WebSocketClosedError, WebSocketHandler
from typing_extensions import override

from mofang_hub.jobs.requests import ServiceHandler, Services
from mofang_hub.shell.sessions import Session, Sessions
from mofang_hub.shell.targets import Target, Targets
from mofang_hub.shell.terminal import Terminal
from mofang_kube.errors import ForbiddenError, InvalidError

MAX_MESSAGE_BYTES = 4 * 1024**2
"""What a person may paste at once."""


class _SocketClient:
    """The client at the other end of a WebSocket."""

    def __init__(self, socket: WebSocketHandler) -> None:
        self._socket = socket

    async def send(self, message: str) -> None:
        try:
            # Returns when the connection has taken it: this holds floods back.
            await self._socket.write_message(message)
        except WebSocketClosedError as err:
            raise ConnectionError from err


class ShellHandler(WebSocketHandler, ServiceHandler):
    """A terminal in one replica of a job."""

    is_stream = True

    @override
    def initialize(self, services: Services, **more: object) -> None:
        super().initialize(services)
        targets, sessions = more["targets"], more["sessions"]
        assert isinstance(targets, Targets)  # noqa: S101 - wired in app
        assert isinstance(sessions, Sessions)  # noqa: S101 - wired in app
        self._targets = targets
        self._sessions = sessions
        self._session: Session | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    @override
    def max_message_size(self) -> int:
        return MAX_MESSAGE_BYTES

    @override
    def check_origin(self, origin: str) -> bool:
        """Let browsers in from the platform's own pages only.

        Jupyter servers and programs send no origin; a page of another site would.
        """
        host = self.request.headers.get("Host", "")
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()

    @override
    async def get(self, project: str, job: str, role: str, index: str) -> None:
        """Open the shell, then the socket; both end together."""
        origin = self.request.headers.get("Origin")
        if origin is not None and not self.check_origin(origin):
            raise ForbiddenError("Shells are opened from the platform's pages only.")
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise InvalidError("A shell is a WebSocket; open it as one.")
        target = await self._targets.find(self.caller, project, job, (role, int(index)))
        session_id, terminal = await self._sessions.begin(self.caller, target)
        self._session = Session(target, terminal, _SocketClient(self))
        self._session_id = session_id
        try:
            # Returns when the socket is closed.
            await super().get(project, job, role, index)
        finally:
            await self._leave(target, session_id, terminal)

    @override
    def open(self, *_: str, **__: str) -> None:
        """Begin to bridge."""
        self._running = asyncio.create_task(self._run(), name="shell")

    async def _run(self) -> None:
        session = self._session
        assert session is not None  # noqa: S101 - get has made it
        try:
            await self._sessions.run(
                self.caller,
                self._session_id,
                session,
                lambda: self._targets.is_allowed_still(self.caller, session.target),
            )
        finally:
            self.close()

    @override
    async def on_message(self, message: str | bytes) -> None:
        """Pass on what was typed; the next message is read when this one is taken."""
        if self._session is not None:
            await self._session.typed(message)

    async def _leave(self, target: Target, session_id: str, terminal: Terminal) -> None:
        has_ended = self._session is not None and self._session.has_ended_itself
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self._sessions.give_up(
            self.caller, target, session_id, terminal, has_ended=has_ended
        )
