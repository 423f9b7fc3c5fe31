"""The proxy against the real service, whose cluster is pretended."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from unit.mofang.ssh.bridge import PROGRAM
from unit.mofang_jobs.world import PREFIX, World, running_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def start(world, user, *arguments):
    pipe = subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, *arguments),
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "MOFANG_API_URL": f"{world.url}{PREFIX}",
            "JUPYTERHUB_API_TOKEN": user,
            "MOFANG_PROJECT": "vision",
        },
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )


async def with_output(world):
    async with asyncio.timeout(30):
        while True:
            for terminal in world.terminals.opened:
                if terminal.sent:
                    return terminal
            await asyncio.sleep(0.05)


async def test_bytes_reach_the_container_and_come_back(world):
    job = await world.submit()
    world.run_pod(job)
    process = await start(world, "ada", "ssh-proxy", job["id"])
    process.stdin.write(b"SSH-2.0-here\r\n")
    terminal = await with_output(world)
    assert b"".join(each[1:] for each in terminal.sent) == b"SSH-2.0-here\r\n"
    terminal.to_come.put_nowait((1, b"SSH-2.0-there\r\n"))
    assert await process.stdout.readexactly(15) == b"SSH-2.0-there\r\n"
    terminal.to_come.put_nowait((3, b'{"status": "Success"}'))
    async with asyncio.timeout(30):
        assert await process.wait() == 0


async def test_the_service_s_own_words_reach_who_is_refused(world):
    job = await world.submit()
    process = await start(world, "ada", "ssh-proxy", job["id"], "worker-0")
    output, errors = await process.communicate(b"")
    assert (process.returncode, output) == (255, b"")
    assert b"worker-0 has no container now. Wait until it runs." in errors
    world.run_pod(job)
    process = await start(world, "ben", "ssh-proxy", job["id"], "worker-0")
    output, errors = await process.communicate(b"")
    assert (process.returncode, output) == (255, b"")
    assert errors.startswith(b"mofang: ")
    assert world.terminals.opened == []


async def test_the_hosts_of_a_job_are_those_that_are_open(world):
    job = await world.submit()
    world.run_pod(job)
    process = await start(world, "ada", "ssh-config", job["id"], "--write")
    output, errors = await process.communicate(b"")
    assert process.returncode == 0, errors
    assert output.decode().split() == [f"mofang-{job['id']}-worker-0"]
