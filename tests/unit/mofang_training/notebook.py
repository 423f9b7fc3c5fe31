"""A real Jupyter server with one extension of ours, and a real upstream, on loopback.

The upstream is the seam: a small tornado application of the test in place of the
training service. Nothing in the extensions is patched.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

BROWSER_TOKEN = "the-browser-knows-this"
HUB_TOKEN = "the-browser-never-sees-this"


@asynccontextmanager
async def served(app: Application) -> AsyncIterator[int]:
    """Serve a tornado application on a free port of loopback."""
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(app)
    server.add_sockets(sockets)
    try:
        yield sockets[0].getsockname()[1]
    finally:
        server.stop()
        await server.close_all_connections()


@dataclass
class Notebook:
    """A running Jupyter server."""

    app: ServerApp
    url: str

    def client(self, token: str | None = BROWSER_TOKEN) -> httpx.AsyncClient:
        headers = {"Authorization": f"token {token}"} if token else {}
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, timeout=60
        )


def set_platform(monkeypatch: pytest.MonkeyPatch, upstream: str) -> None:
    """Set what the spawner sets in a notebook."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", HUB_TOKEN)
    monkeypatch.setenv("MOFANG_API_URL", upstream)
    monkeypatch.setenv("MOFANG_PROJECT", "vision")
    monkeypatch.setenv("MOFANG_ENVIRONMENT", "pytorch")
    monkeypatch.setenv("MOFANG_IMAGE", "docker.io/mofang/pytorch:1")


@asynccontextmanager
async def running_notebook(
    monkeypatch: pytest.MonkeyPatch, folder: Path, extension: str, **config: Any
) -> AsyncIterator[Notebook]:
    """Run a Jupyter server with that extension and no other.

    ``beside`` in the configuration: names of extensions that are loaded, too.
    """
    beside = config.pop("beside", ())
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    monkeypatch.setenv("JUPYTER_TOKEN", BROWSER_TOKEN)
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        monkeypatch.setenv(f"JUPYTER_{name}", str(folder / name.lower()))
    (folder / "root").mkdir()
    app = ServerApp(
        base_url="/user/ada/vision-pytorch/",
        root_dir=str(folder / "root"),
        allow_root=True,
        open_browser=False,
        jpserver_extensions=dict.fromkeys([*beside, extension], True),
        **config,
    )
    app.initialize(argv=[], new_httpserver=False)
    async with served(app.web_app) as port:
        try:
            yield Notebook(app, f"http://127.0.0.1:{port}{app.base_url}")
        finally:
            await app._cleanup()
            ServerApp.clear_instance()
