"""What the hub answers on the host of a user whose server does not run."""

import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from mofang_hub.pages.user_host import user_host_handlers
from mofang_hub.routes.builder import USER_HOST_PREFIX

PUBLIC = "https://mofang.example.org"
SERVER = "user/ada/vision-base"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def hub():
    handlers = [
        (f"/hub{pattern}", *rest) for pattern, *rest in user_host_handlers(f"{PUBLIC}/")
    ]
    application = Application(handlers, xsrf_cookies=True)
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(application)
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    base = f"http://127.0.0.1:{port}{USER_HOST_PREFIX}"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as session:
        yield session
    server.stop()


@pytest.mark.parametrize(
    "path",
    [
        "",
        f"{SERVER}/lab/tree/a%20b.ipynb?reset&x=%2F",
        "hub/login?next=%2Fhub%2F",
        "/evil.example.org/",
        "user/%C3%A9/x/lab",
    ],
)
async def test_a_page_is_looked_for_on_the_hubs_host(hub, path):
    answer = await hub.send(
        httpx.Request("GET", f"{hub.base_url}{path}", headers=BROWSER)
    )

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{PUBLIC}/{path}"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{SERVER}/api/kernels?1"),
        ("PUT", f"{SERVER}/api/contents/a.ipynb"),
        ("POST", f"{SERVER}/mofang/jobs"),
        ("DELETE", f"{SERVER}/api/sessions/1"),
        ("OPTIONS", f"{SERVER}/api/contents"),
    ],
)
async def test_a_request_of_a_page_learns_that_the_server_does_not_run(
    hub, method, path
):
    """To a redirect to another origin browsers say ``Failed to fetch``."""
    answer = await hub.request(method, path)

    assert answer.status_code == 424
    assert f"{PUBLIC}/hub/spawn" in answer.json()["message"]
    assert "Set-Cookie" not in answer.headers


async def test_a_program_that_accepts_anything_is_redirected(hub):
    answer = await hub.get("hub/login", headers={"Accept": "*/*"})

    assert answer.status_code == 302


async def test_a_program_that_accepts_json_alone_is_not_redirected(hub):
    answer = await hub.get(
        f"{SERVER}/mofang/jobs", headers={"Accept": "application/json"}
    )

    assert answer.status_code == 424
