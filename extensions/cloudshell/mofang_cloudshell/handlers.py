"""Terminals of the browser: the bridge, and their end.

JupyterLab's own terminal connection works on these paths unchanged. A refusal is
written into the terminal as a line: a browser shows nobody the answer to a failed
WebSocket.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from jupyter_server._tz import utcnow
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    WebSocketHandler,
)
from typing_extensions import override

from mofang_cloudshell.broker import MAX_MESSAGE_BYTES, ShellBroker, ShellError
from mofang_cloudshell.names import ReplicaName
from mofang_cloudshell.sessions import OpenShells

AUTH_RESOURCE = "mofang:shell"

FAILED = "The shell could not be opened. See the log of your Jupyter server."
NO_SUCH_NAME = (
    "A terminal's name is <job id>:<role>:<index>, such as train-x1y2z3:worker-0."
)
ENDED = "The shell has ended. Press Reconnect for a new one."
LOST = "The connection to the container was lost. Press Reconnect for a new shell."


class ShellSocket(WebSocketMixin, JupyterHandler, WebSocketHandler):
    """One terminal of a browser, bridged to one shell."""

    auth_resource = AUTH_RESOURCE

    name = ""
    _shell: WebSocketClientConnection | None = None
    _gone = False

    @property
    @override
    def max_message_size(self) -> int:
        """What a person may paste at once, in bytes."""
        return MAX_MESSAGE_BYTES

    @override
    @ws_authenticated
    @authorized("execute")
    async def get(self, name: str) -> None:
        """Answer the handshake; tornado goes on with ``open``."""
        if ReplicaName.parse(name) is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND, NO_SUCH_NAME)
        await super().get(name)

    @override
    def open(self, name: str) -> None:
        """Begin to bridge; what is typed meanwhile waits in the connection."""
        super().open(name)
        self.name = name
        self._shells.add(name, self)
        self._opened = asyncio.Event()
        self._bridge = asyncio.create_task(self._run(name))

    @override
    async def on_message(self, message: str | bytes) -> None:
        """Pass on what was typed; tornado reads on when the shell has taken it."""
        await self._opened.wait()
        if self._shell is None or isinstance(message, bytes):
            return
        self._note_activity()
        try:
            await self._shell.write_message(message)
        except WebSocketClosedError:
            return  # The bridge sees the end too, and tells it.

    @override
    def on_close(self) -> None:
        """End the shell when its terminal goes."""
        self._gone = True
        self._shells.discard(self.name, self)
        if self._shell is not None:
            self._shell.close()
        super().on_close()

    def end(self, message: str) -> None:
        """End the shell and say why in its terminal."""
        self._report_end(message)
        self.close()

    @property
    def _shells(self) -> OpenShells:
        shells: OpenShells = self.settings["mofang_open_shells"]
        return shells

    @property
    def _broker(self) -> ShellBroker:
        broker: ShellBroker = self.settings["mofang_shell_broker"]
        return broker

    async def _run(self, name: str) -> None:
        """Open the shell and copy its output until either side ends."""
        replica = ReplicaName.parse(name)
        assert replica is not None  # noqa: S101 - `get` has looked
        try:
            shell = await self._broker.open(replica)
        except ShellError as err:
            self.log.info("Cloud Shell %s was not opened: %s", name, err)
            await self._send(["setup", {}])
            self.end(str(err))
            return
        except Exception:
            self.log.exception("Cloud Shell %s failed.", name)
            self.end(FAILED)
            return
        finally:
            self._opened.set()
        if self._gone:
            # An opening is not cut short, or the shell would stay behind.
            shell.close()
            return
        self._shell = shell
        self.log.info("Cloud Shell %s is open.", name)
        await self._copy(shell)

    async def _copy(self, shell: WebSocketClientConnection) -> None:
        """Copy the shell's output until it ends, no faster than the browser reads."""
        try:
            while (message := await shell.read_message()) is not None:
                self._note_activity()
                if _is_disconnect(message):
                    self.end(ENDED)
                    return
                await self.write_message(message)
        except WebSocketClosedError:
            return
        finally:
            shell.close()
        self.end(shell.close_reason or LOST)

    async def _send(self, message: list[Any]) -> None:
        try:
            await self.write_message(json.dumps(message))
        except WebSocketClosedError:
            return  # The browser has gone; nobody is left to be told.

    def _report_end(self, message: str) -> None:
        line = f"\r\n\x1b[1;33m[Mofang]\x1b[0m {message}\r\n"
        try:
            self.write_message(json.dumps(["stdout", line]))
            self.write_message(json.dumps(["disconnect", 1]))
        except WebSocketClosedError:
            return

    def _note_activity(self) -> None:
        # jupyter_server counts every setting whose name ends so.
        self.settings["mofang_shell_last_activity"] = utcnow()


class TerminalHandler(APIHandler):
    """One terminal, by its name."""

    auth_resource = AUTH_RESOURCE

    @web.authenticated
    @authorized
    async def delete(self, name: str) -> None:
        """End the shells of that name."""
        shells: OpenShells = self.settings["mofang_open_shells"]
        if not shells.end(name):
            self.set_status(HTTPStatus.NOT_FOUND)
            self.finish(
                json.dumps(
                    {
                        "error": "not_found",
                        "message": "There is no such open shell in this server.",
                        "fields": {},
                    }
                )
            )
            return
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


def _is_disconnect(message: str | bytes) -> bool:
    # Output can be large: only what begins like the message counts.
    return isinstance(message, str) and message.startswith('["disconnect"')


_NAME = r"([^/]{1,200})"

HANDLERS: list[tuple[str, type[JupyterHandler]]] = [
    (rf"/mofang/cloudshell/terminals/websocket/{_NAME}", ShellSocket),
    (rf"/mofang/cloudshell/api/terminals/{_NAME}", TerminalHandler),
]
