"""Shells in the containers of real jobs: opened, used, refused, ended."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cluster.test_jobs_world import (
    ADMIN,
    COLLEAGUE,
    OWNER,
    VIEWER,
    World,
    eventually,
)
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from mofang_api.models import Job, JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

SLEEP = "import time\nprint('here', flush=True)\ntime.sleep(600)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def job(world: World) -> AsyncIterator[Job]:
    script = world.write("sleep.py", SLEEP)
    job = await world.submit(script=script, replicas=2)
    yield await world.until(job, JobState.RUNNING, within=90)
    await world.call("DELETE", f"/{job.id}")


class Shell:
    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self.text = ""

    async def send(self, *message: Any) -> None:
        await self._socket.write_message(json.dumps(message))

    async def until(self, text: str, within: float = 15) -> str:
        async with asyncio.timeout(within):
            while text not in self.text:
                await self.read()
        return self.text

    async def read(self) -> list[Any]:
        message = await self._socket.read_message()
        assert message is not None, self.text
        parts: list[Any] = json.loads(message)
        if parts[0] == "stdout":
            self.text += parts[1]
        return parts

    def close(self) -> None:
        self._socket.close()

    async def until_closed(self) -> None:
        """Read what still comes, so that nothing of the connection is left."""
        async with asyncio.timeout(30):
            while await self._socket.read_message() is not None:
                pass


@asynccontextmanager
async def shell_of(
    world: World,
    job: Job,
    replica: str,
    user: str = OWNER,
    **headers: str,
) -> AsyncIterator[Shell]:
    url = f"{world.jobs}/{job.id}/shell/{replica}".replace("http", "ws", 1)
    request = HTTPRequest(url, headers={"Authorization": f"token {user}"} | headers)
    socket = await websocket_connect(request)
    shell = Shell(socket)
    try:
        yield shell
    finally:
        shell.close()
        await shell.until_closed()


async def test_a_shell_in_worker_1_begins_in_the_working_directory(
    world: World,
    job: Job,
) -> None:
    async with shell_of(world, job, "worker/1") as shell:
        assert await shell.read() == ["setup", {}]
        await shell.send("set_size", 33, 111, 0, 0)
        await shell.send(
            "stdin", "echo at-$MOFANG_REPLICA_INDEX-$PWD; stty size; id -u\n"
        )
        seen = await shell.until("1000\r\n")

    assert "at-1-/home/jovyan" in seen
    assert "33 111" in seen


async def test_no_token_of_the_hub_gets_into_the_container(
    world: World,
    job: Job,
) -> None:
    async with shell_of(world, job, "worker/0") as shell:
        await shell.send(
            "stdin", f"env | grep -c -i -e token -e {OWNER}; echo do''ne\n"
        )
        seen = await shell.until("done\r\n")

    assert re.search(r"[\r\n]0\r\n", seen)


async def test_leaving_ends_what_the_shell_started(
    world: World,
    job: Job,
) -> None:
    async with shell_of(world, job, "worker/0") as shell:
        await shell.send("stdin", "setsid sleep 4321 & sleep 4322 & echo ready''\n")
        await shell.until("ready\r\n")
        before = await _processes(world, job)

    async def has_gone() -> bool:
        return await _processes(world, job) == 0

    await eventually(has_gone)
    assert before == 2


async def _processes(world: World, job: Job) -> int:
    async with shell_of(world, job, "worker/0") as shell:
        await shell.send("stdin", "echo n=$(pgrep -fc '^sleep 432[12]')=n\n")
        while not (found := re.search(r"n=(\d+)=n", shell.text)):
            await shell.read()
    return int(found[1])


async def test_exit_ends_the_terminal(world: World, job: Job) -> None:
    async with shell_of(world, job, "worker/0") as shell:
        await shell.send("stdin", "exit 3\n")
        async with asyncio.timeout(10):
            while (await shell.read())[0] != "disconnect":
                pass


async def test_a_flood_does_not_grow_our_memory(
    world: World,
    job: Job,
) -> None:
    """A slow terminal makes the container wait, not the service remember."""
    async with shell_of(world, job, "worker/0") as shell:
        await shell.send(
            "stdin", "head -c 100000000 /dev/zero | tr '\\0' x; echo e''nd\n"
        )
        await shell.until("xxx")
        before = _resident()
        # The test's own client reads ahead of us, so what it may hold is in here.
        await asyncio.sleep(3)
        grown = _resident() - before
        size = 0
        async with asyncio.timeout(120):
            while "end\r\n" not in shell.text:
                shell.text = shell.text[-100:]
                parts = await shell.read()
                size += len(parts[1]) if parts[0] == "stdout" else 0

    assert grown < 32 * 1024**2
    assert size > 90_000_000


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.parametrize(
    ("replica", "user", "headers", "status"),
    [
        pytest.param("worker/0", COLLEAGUE, {}, 403, id="a colleague"),
        pytest.param("worker/0", ADMIN, {}, 403, id="an admin of the project"),
        pytest.param("worker/0", VIEWER, {}, 403, id="a viewer"),
        pytest.param("worker/0", "stranger", {}, 404, id="not of the project"),
        pytest.param("worker/0", "nobody", {}, 401, id="not known to the hub"),
        pytest.param("worker/9", OWNER, {}, 404, id="no such replica"),
        pytest.param("master/0", OWNER, {}, 404, id="no such role"),
        pytest.param(
            "worker/0",
            OWNER,
            {"Origin": "https://evil.example"},
            403,
            id="a page of another site",
        ),
    ],
)
async def test_it_stays_shut_to(
    world: World,
    job: Job,
    replica: str,
    user: str,
    headers: dict[str, str],
    status: int,
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        async with shell_of(world, job, replica, user, **headers):
            pass

    assert refused.value.code == status
    assert refused.value.response is not None
    assert json.loads(refused.value.response.body)["message"]


async def test_keys_echo_fast(world: World, job: Job) -> None:
    async with shell_of(world, job, "worker/0") as shell:
        await shell.send("stdin", "stty -echo; cat\n")
        await asyncio.sleep(1)
        times = []
        for number in range(50):
            start = time.monotonic()
            await shell.send("stdin", f"<{number}>\n")
            await shell.until(f"<{number}>")
            times.append(time.monotonic() - start)

    print(f"echo p50 {sorted(times)[25] * 1000:.1f} ms")
    assert sorted(times)[25] < 1
