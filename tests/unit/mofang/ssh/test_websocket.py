"""What answers otherwise than with a WebSocket, on a real port."""

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from unit.mofang.fake_service import GIVEN

from mofang import endpoints
from mofang.errors import UnexpectedAnswerError
from mofang.settings import ClientSettings
from mofang.ssh.websocket import open_socket


class Redirect(RequestHandler):
    def initialize(self, answer: dict) -> None:
        self.answer = answer

    def get(self) -> None:
        self.answer["asked"].append(self.request.path)
        self.redirect(self.answer["to"], status=self.answer["status"])


@pytest.fixture
async def redirecting():
    """A server that answers everything with a redirect."""
    [listening] = bind_sockets(0, "127.0.0.1")
    port = listening.getsockname()[1]
    answer = {"port": port, "asked": [], "to": "/hub/login", "status": 302}
    server = HTTPServer(Application([(r"/.*", Redirect, {"answer": answer})]))
    server.add_sockets([listening])
    yield answer
    server.stop()
    await server.close_all_connections()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "to",
    ["/hub/login", "http://localhost:{port}/elsewhere", "https://127.0.0.1:{port}/x"],
    ids=["to the log-in", "to another origin", "to https"],
)
async def test_a_redirect_is_told_and_not_followed(redirecting, to, status):
    port = redirecting["port"]
    redirecting.update(to=to.format(port=port), status=status)
    address = f"http://127.0.0.1:{port}/services/training"
    settings = ClientSettings.find({**GIVEN, "url": address})
    call = endpoints.open_ssh("vision", "digits-000001", ("worker", 0))
    with pytest.raises(UnexpectedAnswerError, match="with a redirect") as caught:
        async with open_socket(settings, call, {}):
            raise AssertionError("there is no socket")
    assert "/services/training" in str(caught.value)
    assert len(redirecting["asked"]) == 1
