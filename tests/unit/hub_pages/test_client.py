"""The client for people's own computers, from the hub to an environment of theirs."""

import asyncio
import subprocess
import sys

import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from mofang_hub.pages.client import client_handlers, find_wheel
from support.wheels import build_wheel


@pytest.fixture
def shelf(tmp_path):
    """The folder of the image in which the client's wheel is."""
    shelf = tmp_path / "share" / "mofang"
    build_wheel(shelf, "mofang", "0.1.0", programs={"mofang": "mofang:tell"})
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
    assert find_wheel(shelf) == "mofang-0.1.0-py3-none-any.whl"
    assert find_wheel(tmp_path / "absent") == ""


async def test_pip_installs_the_wheel_by_its_address(address, shelf, tmp_path):
    target = tmp_path / "target"
    words = ["install", "--no-deps", "--isolated", "--target", target]
    pip = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pip", *map(str, words)),
        f"{address}/{find_wheel(shelf)}",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await pip.communicate()
    assert pip.returncode == 0, output.decode()
    assert (target / "mofang.py").is_file()
    assert (target / "bin" / "mofang").is_file()


@pytest.mark.parametrize(
    "path",
    ["mofang-9.9-py3-none-any.whl", "secret.txt", "../mofang/secret.txt", ""],
)
async def test_nothing_else_is_served(address, path):
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{address}/{path}")
    assert answer.status_code == 404
