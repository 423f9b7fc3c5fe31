"""The hub's server has bounds, though JupyterHub makes it."""

from collections.abc import Iterator

import httpx
import pytest
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from mofang_http.server import BoundedHTTPServer
from mofang_hub.main import bound_requests
from mofang_hub.settings import LimitSettings


@pytest.fixture
def bounded() -> Iterator[None]:
    """What the program does first; other tests have Tornado's own server."""
    saved = HTTPServer._save_configuration()
    bound_requests(LimitSettings(hub_body_kib=16))
    yield
    HTTPServer._restore_configuration(saved)


@pytest.mark.usefixtures("bounded")
async def test_what_nobody_sent_that_logs_in_is_refused_unread() -> None:
    got: list[int] = []

    class LogIn(web.RequestHandler):
        def post(self) -> None:
            got.append(len(self.request.body))
            self.finish(self.request.remote_ip or "")

    application = web.Application([("/hub/login", LogIn)], log_function=lambda _: None)
    # As JupyterHub makes it.
    server = HTTPServer(
        application, ssl_options=None, xheaders=True, trusted_downstream=["127.0.0.1"]
    )
    assert isinstance(server, BoundedHTTPServer)
    listener, port = bind_unused_port()
    server.add_sockets([listener])
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"http://127.0.0.1:{port}/hub/login"
        large = await http.post(url, content=b"x" * (16 * 1024 + 1))
        fitting = await http.post(
            url,
            content=b"x" * 16 * 1024,
            headers={"X-Forwarded-For": "192.0.2.1, 127.0.0.1"},
        )
    server.stop()
    await server.close_all_connections()

    assert large.status_code == 413
    assert large.json()["message"] == (
        "The request has more than 16 KiB. Split it, such as a list of users."
    )
    assert (fitting.status_code, fitting.text) == (200, "192.0.2.1")
    assert got == [16 * 1024]
