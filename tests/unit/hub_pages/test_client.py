"""The client for people's own computers, from the hub to an environment of theirs."""

import asyncio
import subprocess
import sys

import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from mofang_hub.pages.client import client_handlers, find_wheels
from support.wheels import build_wheel


@pytest.fixture
def shelf(tmp_path):
    """The folder of the image in which the client's wheels are."""
    shelf = tmp_path / "share" / "mofang"
    build_wheel(shelf, "mofang_api", "0.1.0")
    programs = {"mofang": "mofang:tell"}
    build_wheel(shelf, "mofang", "0.1.0", requires=["mofang-api"], programs=programs)
    (shelf / "secret.txt").write_text("secret")
    return shelf


@pytest.fixture
async def address(shelf):
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application(client_handlers(shelf)))
    server.add_sockets(sockets)
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}/client"
    server.stop()


def test_an_installation_without_a_wheel_names_none(shelf, tmp_path):
    assert find_wheels(shelf) == [
        "mofang_api-0.1.0-py3-none-any.whl",
        "mofang-0.1.0-py3-none-any.whl",
    ]
    assert find_wheels(tmp_path / "absent") == []


def test_a_client_without_what_it_needs_is_not_offered(shelf):
    (shelf / "mofang_api-0.1.0-py3-none-any.whl").unlink()
    assert find_wheels(shelf) == []


async def test_pip_installs_the_wheels_by_their_addresses_and_asks_no_index(
    address, shelf, tmp_path
):
    target = tmp_path / "target"
    arguments = ["install", "--no-index", "--isolated", "--target", target]
    pip = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pip", *map(str, arguments)),
        *(f"{address}/{wheel}" for wheel in find_wheels(shelf)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await pip.communicate()
    assert pip.returncode == 0, output.decode()
    assert (target / "mofang.py").is_file()
    assert (target / "mofang_api.py").is_file()
    assert (target / "bin" / "mofang").is_file()


@pytest.mark.parametrize(
    "path",
    ["mofang-9.9-py3-none-any.whl", "secret.txt", "../mofang/secret.txt", ""],
)
async def test_nothing_else_is_served(address, path):
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{address}/{path}")
    assert answer.status_code == 404
