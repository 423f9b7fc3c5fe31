"""What is streamed over HTTP, and when a stream is cut."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from unit.mofang_jobs.world import World, running_world

from support.eventually import until


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


@pytest.fixture
async def distrustful_world(tmp_path: Path) -> AsyncIterator[World]:
    """The hub is asked again and again who somebody is."""
    async with running_world(
        tmp_path, keep_caller_seconds=0.0, recognise_seconds=0.1
    ) as found:
        yield found


@pytest.mark.parametrize("loss", ["the token", "a group"])
async def test_a_stream_is_cut_when_its_token_stands_for_less(
    distrustful_world: World, loss: str
) -> None:
    world = distrustful_world
    world.hub.groups["eve"] = ["readers"]
    address = f"{world.url}/services/training/api/projects/vision/jobs/watch"
    headers = {"Authorization": "token eve"}

    async with world.http.stream("GET", address, headers=headers) as answer:
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(":")
        world.hub.is_away = True
        asked = world.hub.asked
        await until(lambda: world.hub.asked > asked + 1)
        world.hub.is_away = False
        if loss == "the token":
            world.hub.revoked.add("eve")
        else:
            world.hub.groups["eve"] = []
        with pytest.raises(httpx.RemoteProtocolError):
            await asyncio.wait_for(_read_out(lines), 30)


async def _read_out(lines: AsyncIterator[str]) -> None:
    async for _ in lines:
        pass


async def test_the_watch_tells_what_happens(world: World) -> None:
    old = await world.submit(name="old")
    await world.admit(old)
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def listen() -> None:
        address = f"{world.url}/services/training/api/projects/vision/jobs/watch"
        headers = {"Authorization": "token eve"}
        async with world.http.stream("GET", address, headers=headers) as answer:
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    events.put_nowait(None)
                if line.startswith("data: "):
                    events.put_nowait(json.loads(line[6:]))

    listening = asyncio.create_task(listen())
    try:
        assert await events.get() is None
        new = await world.submit(name="new")
        added = await events.get()
        world.run_pod(new)
        async with asyncio.timeout(30):
            while (modified := await events.get())["job"]["state"] != "Running":
                assert modified["job"]["id"] == new["id"]
        await world.call("DELETE", old["id"])
        deleted = await events.get()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert (added["type"], added["job"]["id"]) == ("added", new["id"])
    assert modified["type"] == "modified"
    assert modified["job"]["replicas"][0]["shell_allowed"] is False
    assert (deleted["type"], deleted["job"]["id"]) == ("deleted", old["id"])
