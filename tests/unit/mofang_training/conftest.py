"""Fixtures: `upstream` (a training service of the test) and `notebook` (a server)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler
from unit.mofang_training.notebook import (
    Notebook,
    running_notebook,
    served,
    set_platform,
)


@dataclass
class Upstream:
    """What the service was asked, and what it shall answer."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    pieces: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)
    """What a stream sends, piece by piece; None ends it."""

    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the asker of a stream has gone."""


class AnyHandler(RequestHandler):
    """Answers as the test says; streams where a stream is asked for."""

    def initialize(self, upstream: Upstream) -> None:
        self.upstream = upstream

    async def _answer(self) -> None:
        asked = (self.request.method, self.request.uri, dict(self.request.headers))
        self.upstream.asked.append((*asked, self.request.body))
        self.set_status(self.upstream.status)
        self.set_header("Content-Type", "application/json")
        for name, value in self.upstream.headers.items():
            self.set_header(name, value)
        if "watch" in self.request.path or "follow=true" in (self.request.query or ""):
            await self._stream()
        elif self.upstream.status != 204:
            self.write(self.upstream.answer)
        else:
            self.clear_header("Content-Type")

    async def _stream(self) -> None:
        await self.flush()
        while (piece := await self.upstream.pieces.get()) is not None:
            try:
                self.write(piece)
                await self.flush()
            except StreamClosedError:
                self.upstream.gone.set()
                return

    def on_connection_close(self) -> None:
        self.upstream.gone.set()

    get = post = delete = _answer


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    told = Upstream()
    app = Application([(r"/services/training/api/.*", AnyHandler, {"upstream": told})])
    async with served(app) as port:
        told.url = f"http://127.0.0.1:{port}/services/training"
        yield told


@pytest.fixture
async def notebook(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upstream: Upstream
) -> AsyncIterator[Notebook]:
    set_platform(monkeypatch, upstream.url)
    async with running_notebook(monkeypatch, tmp_path, "mofang_training") as server:
        yield server


def wire_error(code: str, message: str, **fields: str) -> bytes:
    return json.dumps({"error": code, "message": message, "fields": fields}).encode()
