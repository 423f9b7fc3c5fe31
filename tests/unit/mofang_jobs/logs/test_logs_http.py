"""Logs over HTTP: parts, following, slow readers, the kubelet's copy."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from unit.mofang_jobs.world import World, running_world

from mofang_jobs.adapters.log_files import LogStorage
from mofang_jobs.services.job_removal import JobRemoval
from mofang_jobs.services.retention import Retention
from support.eventually import until

ENDED = {"terminated": {"exitCode": 0, "startedAt": "2026-11-23T00:00:09Z"}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def test_a_part_says_where_it_ends(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    world.log_file(job).write_bytes(b"0123456789")

    answer = await world.call("GET", f"{job['id']}/logs/worker/0?offset=2&limit=3")

    assert answer.content == b"234"
    assert answer.headers["X-Log-Size"] == "10"
    assert answer.headers["X-Log-Next"] == "5"
    assert answer.headers["X-Log-Complete"] == "false"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_viewers_read_and_outsiders_do_not(world: World) -> None:
    job = await world.submit()
    world.log_file(job).write_text("x")
    path = f"{job['id']}/logs/worker/0"

    assert (await world.call("GET", path, user="eve")).status_code == 200
    assert (await world.call("GET", path, user="stranger")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("worker/0?offset=x", 422, id="no number"),
        pytest.param("worker/0?limit=0", 422, id="nothing asked"),
        pytest.param("worker/0?offset=" + "9" * 30, 422, id="a number beyond all"),
        pytest.param("worker/1", 404, id="no such replica"),
        pytest.param("master/0", 404, id="no such role"),
        pytest.param("worker/0", 404, id="not begun"),
        pytest.param("..%2F..%2Fx/0", 404, id="a path"),
    ],
)
async def test_refusals(world: World, path: str, status: int) -> None:
    job = await world.submit()

    answer = await world.call("GET", f"{job['id']}/logs/{path}")

    assert answer.status_code == status
    assert answer.json()["message"]


async def test_following_ends_with_the_replica(world: World) -> None:
    job = await world.submit()
    world.run_pod(job)
    log = world.log_file(job)
    log.write_text("first\n")
    pieces: list[bytes] = []

    async def follow() -> None:
        address = (
            f"/services/training/api/projects/vision/jobs/{job['id']}/logs/worker/0"
        )
        headers = {"Authorization": "token ada"}
        async with world.http.stream(
            "GET", f"{world.url}{address}?follow=true&offset=2", headers=headers
        ) as answer:
            async for piece in answer.aiter_bytes():
                pieces.append(piece)

    following = asyncio.create_task(follow())
    await until(lambda: pieces)
    with log.open("a") as file:
        file.write("second\n")
    world.run_pod(job, phase="Succeeded", state=ENDED)
    await asyncio.wait_for(following, 30)

    assert b"".join(pieces) == b"rst\nsecond\n"
    assert len(pieces) >= 2


async def test_a_slow_reader_holds_us_back_instead_of_growing_us(
    world: World,
) -> None:
    """A client that does not read makes the service wait, not remember."""
    job = await world.submit()
    world.run_pod(job)
    with world.log_file(job).open("wb") as file:
        file.truncate(400 * 1024**2)
    path = f"/services/training/api/projects/vision/jobs/{job['id']}/logs/worker/0"
    before = _resident()

    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(world.url.rpartition(":")[2]), limit=1024
    )
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
    )
    writer.write(
        f"GET {path}?follow=true HTTP/1.1\r\nHost: x\r\n"
        "Authorization: token ada\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(1.5)
    grown = _resident() - before
    writer.transport.abort()
    await asyncio.sleep(0)

    assert grown < 20 * 1024**2


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf(
        "SC_PAGESIZE"
    )


async def test_an_image_without_the_wrapper_has_the_kubelet_s_log(
    world: World,
) -> None:
    job = await world.submit()
    world.run_pod(job, phase="Succeeded", state=ENDED)
    world.cluster.output[f"{job['id']}-worker-0"] = bytes(range(256)) * 20

    async def read(query: str) -> tuple[bytes, str, str]:
        answer = await world.call("GET", f"{job['id']}/logs/worker/0?{query}")
        headers = answer.headers
        return answer.content, headers["X-Log-Size"], headers["X-Log-Next"]

    assert await read("offset=0&limit=3") == (b"\x00\x01\x02", "5120", "3")
    assert await read("offset=1022&limit=4") == (b"\xfe\xff\x00\x01", "5120", "1026")
    assert await read("offset=-2") == (b"\xfe\xff", "5120", "5120")
    assert await read("offset=9999") == (b"", "5120", "5120")
    followed = await world.call("GET", f"{job['id']}/logs/worker/0?follow=true")
    assert followed.content == bytes(range(256)) * 20


async def test_the_sweep_keeps_what_is_young_or_has_its_job(world: World) -> None:
    kept, cancelled = await world.submit(name="kept"), await world.submit(name="gone")
    ended = await world.submit(name="ended")
    await world.call("POST", f"{cancelled['id']}/cancel")
    metadata = world.cluster.jobs[cancelled["id"]]
    metadata["status"] = {"conditions": [{"type": "Suspended", "status": "True"}]}
    await world.admit(ended)
    world.cluster.jobs[ended["id"]]["status"] = {
        "completionTime": datetime.now(UTC).isoformat(),
        "conditions": [{"type": "Succeeded", "status": "True"}],
    }
    for each in (cancelled, ended):
        world.cache.drop(world.cache.find_object("vision", each["id"]))
        await world.call("GET", each["id"])
    ids = [kept["id"], cancelled["id"], ended["id"], "orphan-abc123", "Notes of ada"]
    folders = {each: world.log_file({"id": each}).parent for each in ids}
    for folder in folders.values():
        os.utime(folder, (0, 0))
    young = world.log_file({"id": "young-abc123"}).parent

    await Retention(
        world.cache,
        JobRemoval(world.cache, world.cluster, LogStorage(world.storage)),
        LogStorage(world.storage),
        keep=timedelta(days=30),
        now=lambda: datetime.now(UTC) + timedelta(days=31),
    ).sweep()

    assert folders[kept["id"]].exists()
    assert not folders[cancelled["id"]].exists()
    assert not folders[ended["id"]].exists()
    assert not folders["orphan-abc123"].exists()
    assert folders["Notes of ada"].exists()
    assert not young.exists()
    assert set(world.cluster.jobs) == {kept["id"]}
