"""The shell's WebSocket on pretended containers: who gets in, what passes, its end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect
from unit.mofang_jobs.pretended_exec import PretendedStream
from unit.mofang_jobs.world import World, running_world

from mofang_jobs.adapters.hub_identity import KEEP_SECONDS
from mofang_spawner.environments.models import Member
from support.eventually import until


@pytest.fixture
def keep_caller_seconds() -> float:
    """How long the hub is not asked again who somebody is."""
    return KEEP_SECONDS


@pytest.fixture
async def world(tmp_path: Path, keep_caller_seconds: float) -> AsyncIterator[World]:
    async with running_world(
        tmp_path, keep_caller_seconds=keep_caller_seconds
    ) as found:
        yield found


@asynccontextmanager
async def shell_of(
    world: World, job: dict[str, Any], *, user: str = "ada", **headers: str
) -> AsyncIterator[WebSocketClientConnection]:
    url = f"{world.url}/services/training/api/projects/vision/jobs/{job['id']}"
    request = HTTPRequest(
        f"{url}/shell/worker/0".replace("http", "ws", 1),
        headers={"Authorization": f"token {user}"} | headers,
    )
    socket = await websocket_connect(request)
    try:
        yield socket
    finally:
        socket.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while await socket.read_message() is not None:
                    pass


async def refusal(world: World, job: dict[str, Any], **more: str) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as refused:
        async with shell_of(world, job, **more):
            pass
    assert refused.value.response is not None
    return refused.value.code, json.loads(refused.value.response.body)["message"]


async def test_keys_go_in_and_output_comes_out(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)

    async with shell_of(world, job) as socket:
        assert await socket.read_message() == '["setup", {}]'
        terminal = world.terminals.opened[0]
        await socket.write_message('["stdin", "ls\\r"]')
        await socket.write_message(b"\xff\xfe", binary=True)
        await socket.write_message('["set_size", 24, 80, 0, 0]')
        # A letter that comes in two pieces is shown once it is whole.
        terminal.to_come.put_nowait((1, b"caf\xc3"))
        terminal.to_come.put_nowait((1, b"\xa9"))
        seen = [await socket.read_message(), await socket.read_message()]
        await until(lambda: len(terminal.sent) == 2)

    assert seen == ['["stdout", "caf"]', '["stdout", "\\u00e9"]']
    assert terminal.sent == [b"\x00ls\r", b'\x04{"Height": 24, "Width": 80}']


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
    job = await world.submit()
    world.run_pod(job)

    assert (await refusal(world, job, user=user))[0] == status
    assert world.terminals.opened == []


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        pytest.param({"phase": "Succeeded"}, 409, id="ended"),
        pytest.param({"phase": "Pending", "state": {}}, 409, id="not started"),
        pytest.param({"owner": "uid-other"}, 403, id="made by another job"),
        pytest.param(
            {"labels": {"mofang.dev/owner": "ben"}}, 403, id="labelled as another's"
        ),
        pytest.param(
            {"labels": {"mofang.dev/job": "other-abc123"}},
            409,
            id="labelled as of another job",
        ),
        pytest.param(
            {"labels": {"mofang.dev/project": "speech"}},
            403,
            id="labelled as of another project",
        ),
        pytest.param(
            {"labels": {"training.kubeflow.org/replica-index": "1"}},
            409,
            id="numbered otherwise",
        ),
    ],
)
async def test_containers_that_are_not_opened(
    world: World, facts: dict[str, Any], status: int
) -> None:
    job = await world.submit()
    world.run_pod(job, **facts)

    assert (await refusal(world, job))[0] == status
    assert world.terminals.opened == []


async def test_no_pod_is_told(world: World) -> None:
    job = await world.submit()

    assert await refusal(world, job) == (
        409,
        "worker-0 has no container now. Wait until it runs.",
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1", "null", "https://"]
)
async def test_pages_of_other_sites_are_refused(world: World, origin: str) -> None:
    job = await world.submit()
    world.run_pod(job)

    assert (await refusal(world, job, Origin=origin))[0] == 403


async def test_our_own_page_is_let_in(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)

    async with shell_of(world, job, Origin=world.url) as socket:
        assert await socket.read_message() == '["setup", {}]'


async def test_leaving_ends_the_shell_and_what_it_started(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()

    await until(lambda: world.terminals.ended)
    assert world.terminals.opened[0].is_closed


async def test_a_shell_that_exits_ends_the_terminal(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        terminal = world.terminals.opened[0]
        terminal.to_come.put_nowait((3, b'{"status": "Success"}'))

        assert await socket.read_message() == '["disconnect", 1]'
        assert await socket.read_message() is None

    await until(lambda: terminal.is_closed)
    assert world.terminals.ended == []


async def test_a_flood_waits_in_the_container(world: World) -> None:
    """What the client does not take is not read from the container either."""
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        terminal = world.terminals.opened[0]
        for _ in range(3000):
            terminal.to_come.put_nowait((1, b"x" * 100_000))
        # The client's own side stops reading after a few messages.
        taken = await _stable_count(terminal)
        assert socket.protocol is not None
        socket.protocol.stream.close()

    assert 0 < taken < 1000


async def _stable_count(terminal: PretendedStream) -> int:
    before = -1
    # The first message may take its time.
    while before != terminal.taken or not before:
        before = terminal.taken
        await asyncio.sleep(0.3)
    return before


async def test_who_loses_the_project_loses_the_shell(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        project = world.catalog.projects["vision"]
        world.catalog.projects["vision"] = project.model_copy(update={"members": ()})

        assert "not a member" in str(await socket.read_message())
        assert await socket.read_message() == '["disconnect", 1]'

    await until(lambda: world.terminals.ended)


@pytest.mark.parametrize("keep_caller_seconds", [0.0])
async def test_a_revoked_token_ends_the_shell(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        world.hub.revoked.add("ada")

        assert "revoked" in str(await socket.read_message())
        assert await socket.read_message() == '["disconnect", 1]'

    await until(lambda: world.terminals.ended)


@pytest.mark.parametrize("keep_caller_seconds", [0.0])
async def test_who_leaves_the_group_loses_the_shell(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    project = world.catalog.projects["vision"]
    by_group = Member(group="vision", role="member")
    world.catalog.projects["vision"] = project.model_copy(
        update={"members": (by_group,)}
    )
    world.hub.groups["ada"] = ["vision"]
    async with shell_of(world, job) as socket:
        await socket.read_message()
        world.hub.groups["ada"] = []

        assert "not a member" in str(await socket.read_message())


@pytest.mark.parametrize("keep_caller_seconds", [0.0])
async def test_a_shell_outlives_an_absent_hub_and_a_broken_check(
    world: World,
) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        asked = world.hub.asked
        world.hub.is_away = True
        await until(lambda: world.hub.asked > asked + 1)
        world.hub.is_away = False
        projects = world.catalog.projects
        world.catalog.projects = cast("Any", None)
        asked = world.hub.asked
        await until(lambda: world.hub.asked > asked + 1)
        world.catalog.projects = projects
        world.terminals.opened[0].to_come.put_nowait((1, b"still here"))

        assert await socket.read_message() == '["stdout", "still here"]'


async def test_a_container_that_takes_nothing_holds_up_no_end(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        terminal = world.terminals.opened[0]
        terminal.takes.clear()
        await socket.write_message('["stdin", "much"]')
        await until(lambda: terminal.offered)
        project = world.catalog.projects["vision"]
        world.catalog.projects["vision"] = project.model_copy(update={"members": ()})

        await until(lambda: terminal.is_closed and world.terminals.ended)


@pytest.mark.parametrize(
    "lacking", ["Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"]
)
async def test_half_a_handshake_starts_nothing(world: World, lacking: str) -> None:
    job = await world.submit()
    world.run_pod(job)
    headers = {
        "Authorization": "token ada",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    del headers[lacking]
    url = f"{world.url}/services/training/api/projects/vision/jobs/{job['id']}"

    answer = await world.http.get(f"{url}/shell/worker/0", headers=headers)

    assert answer.status_code == 422
    assert "open it as one" in answer.json()["message"]
    assert world.terminals.opened == []


async def test_another_container_of_the_same_name_is_not_the_same(
    world: World,
) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        pod = world.run_pod(job)
        pod["metadata"]["uid"] = "another"

        assert "replaced" in str(await socket.read_message())


async def test_shells_have_a_number_that_one_may_have(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    open_shells = [shell_of(world, job) for _ in range(20)]
    for each in open_shells:
        await each.__aenter__()

    status, message = await refusal(world, job)
    for each in open_shells:
        await each.__aexit__(None, None, None)
    await until(lambda: len(world.terminals.ended) == 20)

    assert (status, "20 shells" in message) == (429, True)
    async with shell_of(world, job) as socket:
        assert await socket.read_message() == '["setup", {}]'


async def test_the_end_of_the_service_is_told_in_the_terminal(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    async with shell_of(world, job) as socket:
        await socket.read_message()
        await world.sessions.stop()

        assert len(world.terminals.ended) == 1
        assert "restarted" in str(await socket.read_message())
        assert await socket.read_message() == '["disconnect", 1]'
