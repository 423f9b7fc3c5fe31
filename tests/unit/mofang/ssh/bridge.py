"""A training service on a real port whose SSH WebSockets behave as a test says."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from unit.mofang.fake_service import TOKEN, a_job

from mofang_api.models import Job, Replica, ReplicaState

JOB = "digits-000001"
PROGRAM = "from mofang.cli import main; main()"


class Peer:
    """The service's end of one WebSocket."""

    def __init__(self, handler: WebSocketHandler) -> None:
        self.handler = handler
        self.taken: asyncio.Queue[bytes | str | None] = asyncio.Queue(maxsize=1)
        self.sent = 0

    async def read(self) -> bytes | str | None:
        """Return a message; None when the client is gone."""
        return await self.taken.get()

    async def write(self, content: bytes | str) -> None:
        await self.handler.write_message(content, binary=isinstance(content, bytes))
        self.sent += len(content)


async def echo(peer: Peer) -> None:
    while (content := await peer.read()) is not None:
        await peer.write(content)


async def keep_open(peer: Peer) -> None:
    while await peer.read() is not None:
        pass


class SshService:
    """What it answers, and what it was asked."""

    def __init__(self) -> None:
        self.job: Job = running_job()
        self.behaviour: Callable[[Peer], Awaitable[None]] = echo
        self.refusal: tuple[int, str] | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.peers: list[Peer] = []
        self.port = 0
        self.certificate: Path | None = None
        self.ended = asyncio.Event()

    @property
    def url(self) -> str:
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self.port}/services/training"

    def environment(self) -> dict[str, str]:
        passed = ("HOME", "XDG_CONFIG_HOME")
        trusted = {"SSL_CERT_FILE": str(self.certificate)} if self.certificate else {}
        return {
            **trusted,
            "PATH": os.environ["PATH"],
            **{name: os.environ[name] for name in passed},
            "MOFANG_API_URL": self.url,
            "MOFANG_PROJECT": "vision",
            "JUPYTERHUB_API_TOKEN": TOKEN,
        }

    async def start(
        self, *arguments: str, **options: object
    ) -> asyncio.subprocess.Process:
        """Start the command line as a process of its own."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, *arguments),
            **{"env": self.environment(), "stdin": pipe, "stdout": pipe, **options},
            stderr=pipe,
        )

    async def quiet(self) -> None:
        """Return when all that ran for clients has ended."""
        running = [peer.handler.running for peer in self.peers]
        async with asyncio.timeout(30):
            await asyncio.gather(*running, return_exceptions=True)

    async def proxy(self, **options: object) -> asyncio.subprocess.Process:
        return await self.start("ssh-proxy", JOB, "worker-1", **options)


class _JobHandler(RequestHandler):
    def initialize(self, service: SshService) -> None:
        self.service = service

    def get(self) -> None:
        assert self.request.headers["Authorization"] == f"token {TOKEN}"
        self.finish(self.service.job.model_dump_json())


class _SshHandler(WebSocketHandler):
    max_message_size = 4 * 1024**2

    def initialize(self, service: SshService) -> None:
        self.service = service

    async def get(self, replica: str) -> None:
        self.service.asked.append((replica, dict(self.request.headers.get_all())))
        if self.service.refusal is not None:
            status, message = self.service.refusal
            self.set_status(status)
            self.finish({"error": "refused", "message": message, "fields": {}})
            return
        await super().get(replica)

    def open(self, replica: str) -> None:
        self.peer = Peer(self)
        self.service.peers.append(self.peer)
        self.running = asyncio.create_task(self.run())

    async def run(self) -> None:
        with suppress(WebSocketClosedError):
            await self.service.behaviour(self.peer)
        self.close()

    async def on_message(self, message: bytes | str) -> None:
        putting = asyncio.create_task(self.peer.taken.put(message))
        await asyncio.wait({putting, self.running}, return_when="FIRST_COMPLETED")
        putting.cancel()

    def on_close(self) -> None:
        async def report() -> None:
            waiting = asyncio.create_task(self.peer.taken.put(None))
            await asyncio.wait({waiting, self.running}, timeout=5)
            for task in (waiting, self.running):
                task.cancel()
            await asyncio.gather(waiting, self.running, return_exceptions=True)
            self.service.ended.set()

        self.ending = asyncio.create_task(report())


@asynccontextmanager
async def running_service(
    ping_seconds: float = 30, certificate: Path | None = None
) -> AsyncIterator[SshService]:
    service = SshService()
    service.certificate = certificate
    base = f"/services/training/api/projects/vision/jobs/{JOB}"
    given = {"service": service}
    routes = [
        (base, _JobHandler, given),
        (rf"{base}/ssh/([a-z]+/[0-9]+)", _SshHandler, given),
    ]
    server = HTTPServer(
        Application(
            routes,
            websocket_ping_interval=ping_seconds,
            log_function=lambda _: None,
        ),
        ssl_options={"certfile": str(certificate)} if certificate else None,
    )
    [listener] = bind_sockets(0, "127.0.0.1")
    server.add_socket(listener)
    service.port = listener.getsockname()[1]
    yield service
    server.stop()
    await server.close_all_connections()


def running_job(**fields: object) -> Job:
    replicas = [
        Replica(role="worker", index=n, state=ReplicaState.RUNNING, shell_allowed=True)
        for n in range(2)
    ]
    return a_job(**{"replicas": replicas, **fields})


async def bridge_to(peer: Peer, *arguments: str) -> None:
    """Be the service: a process has the WebSocket's bytes for input and output."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *arguments, stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None

    async def up() -> None:
        while isinstance(content := await peer.read(), bytes):
            process.stdin.write(content)
            await process.stdin.drain()
        process.terminate()

    feeding = asyncio.create_task(up())
    try:
        while content := await process.stdout.read(32 * 1024):
            await peer.write(content)
        complaint = await process.stderr.read()
        if await process.wait() and not peer.sent:
            await peer.write(json.dumps({"error": complaint.decode()}))
    finally:
        feeding.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
        await asyncio.gather(feeding, return_exceptions=True)
