"""Fixtures: `shells` (the service's shells, of the test) and `notebook` (a server)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.web import Application
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketHandler,
    websocket_connect,
)
from unit.mofang_training.notebook import (
    BROWSER_TOKEN,
    Notebook,
    running_notebook,
    served,
    set_platform,
)


@dataclass
class Shells:
    """What was asked of the service's shells, and how they behave."""

    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Authorization of each handshake."""

    refusal: tuple[int, dict[str, Any]] | None = None
    typed: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    open: list[WebSocketHandler] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class EchoShell(WebSocketHandler):
    """Says hello, then tells what is typed to the test and to the terminal."""

    def initialize(self, shells: Shells) -> None:
        self.shells = shells

    async def get(self) -> None:
        authorization = self.request.headers.get("Authorization")
        self.shells.asked.append((self.request.path, authorization))
        if self.shells.refusal is not None:
            status, body = self.shells.refusal
            self.set_status(status)
            self.finish(json.dumps(body))
            return
        await super().get()

    def open(self) -> None:
        self.shells.open.append(self)
        self.write_message(json.dumps(["setup", {}]))
        self.write_message(json.dumps(["stdout", "hello\r\n"]))

    def on_message(self, message: str | bytes) -> None:
        assert isinstance(message, str)
        self.shells.typed.put_nowait(message)
        kind, *content = json.loads(message)
        if kind == "stdin":
            self.write_message(json.dumps(["stdout", content[0]]))

    def on_close(self) -> None:
        self.shells.closed.set()


@pytest.fixture
async def shells() -> AsyncIterator[Shells]:
    told = Shells()
    app = Application([(r"/services/training/api/.*", EchoShell, {"shells": told})])
    async with served(app) as port:
        told.url = f"http://127.0.0.1:{port}/services/training"
        yield told


@pytest.fixture
async def notebook(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shells: Shells
) -> AsyncIterator[Notebook]:
    set_platform(monkeypatch, shells.url)
    async with running_notebook(monkeypatch, tmp_path, "mofang_cloudshell") as server:
        yield server


class Terminal:
    """A terminal as JupyterLab connects it, in the hands of a test."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._closed = asyncio.Event()
        self._connection: WebSocketClientConnection | None = None

    async def connect(self, request: HTTPRequest) -> None:
        self._connection = await websocket_connect(
            request, on_message_callback=self._hear
        )

    def send(self, *message: Any) -> None:
        assert self._connection is not None
        self._connection.write_message(json.dumps(message))

    async def heard(self) -> list[Any] | None:
        """Return the next message; None when the terminal has closed."""
        message = await asyncio.wait_for(self._heard.get(), 30)
        return None if message is None else list(json.loads(message))

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            await asyncio.wait_for(self._closed.wait(), 30)

    def _hear(self, message: str | bytes | None) -> None:
        self._heard.put_nowait(message)
        if message is None:
            self._closed.set()


OpenTerminal = Callable[..., Awaitable[Terminal]]


@pytest.fixture
async def open_terminal() -> AsyncIterator[OpenTerminal]:
    """Connects as JupyterLab's own terminal does; hangs up after the test."""
    terminals: list[Terminal] = []

    async def connect(
        notebook: Notebook, name: str, token: str = BROWSER_TOKEN, **headers: str
    ) -> Terminal:
        url = f"{notebook.url}mofang/cloudshell/terminals/websocket/{name}"
        headers = {"Authorization": f"token {token}", **headers}
        terminal = Terminal()
        await terminal.connect(
            HTTPRequest(url.replace("http", "ws", 1), headers=headers)
        )
        terminals.append(terminal)
        return terminal

    yield connect
    for terminal in terminals:
        await terminal.close()
