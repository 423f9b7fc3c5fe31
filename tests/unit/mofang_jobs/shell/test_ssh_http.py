"""SSH's WebSocket on pretended containers: who gets in, what passes, how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect
from unit.mofang_jobs.world import World, running_world

from support.eventually import until

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SUCCESS = (3, b'{"status": "Success"}')


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


@asynccontextmanager
async def ssh_to(
    world: World,
    job: dict[str, Any],
    *,
    user: str = "ada",
    key: str = KEY,
    kind: str = "ssh",
    **headers: str,
) -> AsyncIterator[WebSocketClientConnection]:
    url = f"{world.url}/services/training/api/projects/vision/jobs/{job['id']}"
    told = {"Mofang-Public-Key": key} if key else {}
    request = HTTPRequest(
        f"{url}/{kind}/worker/0".replace("http", "ws", 1),
        headers={"Authorization": f"token {user}"} | told | headers,
    )
    socket = await websocket_connect(request)
    try:
        yield socket
    finally:
        socket.close()


async def refusal(world: World, job: dict[str, Any], **more: str) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as refused:
        async with ssh_to(world, job, **more):
            pass
    assert refused.value.response is not None
    assert world.terminals.opened == []
    return refused.value.code, json.loads(refused.value.response.body)["message"]


async def running_job(world: World) -> dict[str, Any]:
    job = await world.submit()
    world.run_pod(job)
    return job


async def test_bytes_pass_both_ways(world: World) -> None:
    job = await running_job(world)
    content = bytes(range(256)) * 500

    async with ssh_to(world, job) as socket:
        await until(lambda: world.terminals.opened)
        terminal = world.terminals.opened[0]
        await socket.write_message(content, binary=True)
        await socket.write_message("no bytes of the protocol")
        await until(lambda: sum(map(len, terminal.sent)) >= len(content))
        terminal.to_come.put_nowait((1, content))
        assert await socket.read_message() == content

    assert b"".join(each[1:] for each in terminal.sent) == content
    [program] = world.terminals.programs
    assert (KEY in program.argv, program.has_terminal) == (True, False)


@pytest.mark.parametrize(
    ("user", "status"),
    [
        pytest.param("ben", 403, id="a colleague"),
        pytest.param("root", 403, id="an admin of the project"),
        pytest.param("eve", 403, id="a viewer"),
        pytest.param("stranger", 404, id="an outsider"),
        pytest.param("nobody", 401, id="nobody the hub knows"),
        pytest.param(
            "ada-without-custom:mofang:shell", 403, id="a token without the scope"
        ),
    ],
)
async def test_it_stays_shut_to(world: World, user: str, status: int) -> None:
    job = await running_job(world)

    assert (await refusal(world, job, user=user))[0] == status


@pytest.mark.parametrize("key", ["", "ssh-dss AAAA", f"{KEY} comment", "nonsense"])
async def test_what_is_no_key_is_refused_before_it_opens(
    world: World, key: str
) -> None:
    job = await running_job(world)

    status, message = await refusal(world, job, key=key)

    assert status == 400
    assert message.endswith(".")


async def test_no_browser_is_let_in(world: World) -> None:
    """Not from the platform's own page either: an editor sends no origin."""
    job = await running_job(world)

    for origin in (world.url, "https://evil.example", "null"):
        assert (await refusal(world, job, Origin=origin))[0] == 403


async def test_one_sentence_says_why_there_is_no_session(world: World) -> None:
    job = await running_job(world)
    failure = {"details": {"causes": [{"reason": "ExitCode", "message": "127"}]}}

    async with ssh_to(world, job) as socket:
        await until(lambda: world.terminals.opened)
        terminal = world.terminals.opened[0]
        terminal.to_come.put_nowait((2, b"sshd is not installed.\n"))
        terminal.to_come.put_nowait((3, json.dumps(failure).encode()))

        assert json.loads(str(await socket.read_message())) == {
            "error": "SSH is not possible in worker-0: sshd is not installed."
        }
        assert await socket.read_message() is None


async def test_what_a_session_leaves_is_ended_however_it_ends(world: World) -> None:
    """An editor's server that stays behind would go on in the job's container."""
    job = await running_job(world)
    async with ssh_to(world, job) as socket:
        await until(lambda: world.terminals.opened)
        world.terminals.opened[0].to_come.put_nowait((1, b"SSH-2.0"))
        world.terminals.opened[0].to_come.put_nowait(SUCCESS)
        assert await socket.read_message() == b"SSH-2.0"
        assert await socket.read_message() is None
    await until(lambda: len(world.terminals.ended) == 1)

    async with ssh_to(world, job):
        pass
    await until(lambda: len(world.terminals.ended) == 2)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        pytest.param("project", "The SSH session was ended.", id="the project"),
        pytest.param("pod", "replaced by another container", id="the container"),
        pytest.param("service", "restarted. Connect again.", id="the service"),
    ],
)
async def test_an_end_for_our_reasons_is_told(
    world: World, loss: str, message: str
) -> None:
    job = await running_job(world)
    async with ssh_to(world, job) as socket:
        await until(lambda: world.terminals.opened)
        if loss == "project":
            project = world.catalog.projects["vision"]
            none = project.model_copy(update={"members": ()})
            world.catalog.projects["vision"] = none
        elif loss == "pod":
            world.run_pod(job)["metadata"]["uid"] = "another"
        else:
            world.terminals.opened[0].to_come.put_nowait((1, b"SSH-2.0"))
            assert await socket.read_message() == b"SSH-2.0"
            await world.sessions.stop()

        assert message in json.loads(str(await socket.read_message()))["error"]
        assert await socket.read_message() is None


async def test_shells_and_ssh_are_counted_together(world: World) -> None:
    job = await running_job(world)
    held = [ssh_to(world, job, kind=("ssh", "shell")[n % 2]) for n in range(20)]
    for each in held:
        await each.__aenter__()
    world_opened, world.terminals.opened = world.terminals.opened, []

    status, message = await refusal(world, job)
    for each in held:
        await each.__aexit__(None, None, None)

    assert (status, "20 shells and SSH sessions" in message) == (429, True)
    assert len(world_opened) == 20


async def test_a_flood_waits_in_the_container(world: World) -> None:
    job = await running_job(world)
    async with ssh_to(world, job) as socket:
        await until(lambda: world.terminals.opened)
        terminal = world.terminals.opened[0]
        for _ in range(3000):
            terminal.to_come.put_nowait((1, b"x" * 100_000))
        before = -1
        # The first message may take its time.
        while before != terminal.taken or not before:
            before = terminal.taken
            await asyncio.sleep(0.3)
        assert socket.protocol is not None
        socket.protocol.stream.close()

    assert 0 < before < 1000


async def test_the_record_names_the_key(world: World) -> None:
    job = await running_job(world)
    with capture_logs() as lines:
        async with ssh_to(world, job):
            await until(lambda: any(x["event"] == "shell opened" for x in lines))
        await until(lambda: any(x["event"] == "shell closed" for x in lines))

    [line] = [each for each in lines if each["event"] == "shell opened"]
    assert (line["user"], line["kind"], line["audit"]) == ("ada", "ssh", True)
    assert line["key"].startswith("SHA256:")
    opened, closed = [each for each in world.audited.events if each["action"] == "ssh"]
    assert (opened["actor"], opened["job"], opened["replica"]) == (
        "ada",
        job["id"],
        "worker-0",
    )
    assert line["key"] in opened["detail"]
    assert opened["address"] == "127.0.0.1"
    assert closed["session"] == opened["session"]
    assert closed["seconds"] >= 0
