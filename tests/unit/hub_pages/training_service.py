"""What the page of jobs asks of the training service, and what it is answered."""

import asyncio
from contextlib import asynccontextmanager

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler


class FakeTrainingService:
    """Writes requests down and answers as it is told."""

    def __init__(self):
        self.url = ""
        self.reset()

    def reset(self):
        self.asked = []
        self.status, self.headers, self.body = 200, {}, b"{}"
        self.refused_tokens = set()
        self.pieces = None
        """Pieces of a stream, each sent when it is put here; None ends it."""
        self.left = asyncio.Event()
        """A stream's client has gone."""

    @property
    def last(self):
        return self.asked[-1]

    @property
    def token(self):
        """Which the last request had."""
        return self.last.headers["Authorization"].removeprefix("token ")


@asynccontextmanager
async def running_service():
    service = FakeTrainingService()

    class Handler(RequestHandler):
        async def prepare(self):
            service.asked.append(self.request)
            if service.token in service.refused_tokens:
                self.set_status(401)
                self.finish({"error": "unauthorized", "message": "Unknown token."})
                return
            self.set_status(service.status)
            self.clear_header("Content-Type")
            for name, value in service.headers.items():
                self.set_header(name, value)
            if service.pieces is None:
                self.finish(service.body if service.status != 204 else None)
                return
            await self.flush()
            while (piece := await service.pieces.get()) is not None:
                self.write(piece)
                await self.flush()
            self.finish()

        def on_connection_close(self):
            service.left.set()

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([(r".*", Handler)]))
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    service.url = f"http://127.0.0.1:{port}/services/training"
    try:
        yield service
    finally:
        server.stop()
        await server.close_all_connections()
