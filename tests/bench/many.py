"""Many jobs at once: submitted, queued, listed; beside creating their objects."""

import asyncio
import copy
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from kubernetes_asyncio.client import CustomObjectsApi

from bench.table import Row
from bench.training import Training
from mofang_kube import clients
from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api

SERVER = "vision-base"
TOGETHER = 20
_PROJECT = "projects/vision"
_API = ("kubeflow.org", "v1", "mofang-project-vision", "pytorchjobs")


@dataclass
class Burst:
    """What many submissions at once took."""

    each: list[float] = field(default_factory=list)
    """Milliseconds until one job was accepted."""

    whole: float = 0.0
    """Seconds until all were."""

    placed: float = 0.0
    """Seconds more until all knew their place in the queue."""

    page: float = 0.0
    """Milliseconds for a page of 100 of them."""


def ours(session: HubSession, spec: dict[str, Any], count: int) -> Burst:
    """Submit jobs that must all wait, as the bare ones do, and remove them.

    Two workers take the project's quota but for less than this server has of it.
    """
    waiting = {**spec, "resources": {"cpu": "7950m", "memory": "256Mi"}}
    burst = Burst()

    began = time.monotonic()
    ids = set(asyncio.run(_submit(session, waiting, count, burst)))
    accepted = time.monotonic()

    def all_placed() -> bool:
        query = {"limit": 500, "state": "Queued"}
        jobs = api(session, SERVER, "GET", "jobs", params=query).json()["jobs"]
        placed = [job for job in jobs if job["queue"] and job["id"] in ids]
        return len(placed) >= count * 0.9

    eventually(all_placed, within=60, what="waiting jobs know their place")
    placed = time.monotonic()
    api(session, SERVER, "GET", "jobs", params={"limit": 100})
    burst.page = (time.monotonic() - placed) * 1000
    burst.whole, burst.placed = accepted - began, placed - accepted
    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(lambda each: api(session, SERVER, "DELETE", f"jobs/{each}"), ids))
    return burst


async def _submit(
    session: HubSession, spec: dict[str, Any], count: int, burst: Burst
) -> list[str]:
    """Submit as Python does in a notebook: straight to the training service.

    With the HTTP library of the bare creates.
    """
    address = session.platform.get("service", "training", "-n", "mofang")["spec"]
    url = f"http://{address['clusterIP']}:8080/services/training/api/{_PROJECT}/jobs"
    made: list[str] = []

    async def submit(_: str) -> None:
        began = time.monotonic()
        async with http.post(url, json=spec) as answer:
            body = await answer.json()
        burst.each.append((time.monotonic() - began) * 1000)
        assert answer.status == 201, body
        made.append(str(body["id"]))

    headers = {"Authorization": f"token {session.token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        await together(submit, [str(number) for number in range(count)])
    return made


def bare(pattern: dict[str, Any], count: int) -> Burst:
    """Create as many objects of the same kind by hand; none of them may start."""
    return asyncio.run(_bare(pattern, count))


async def _bare(pattern: dict[str, Any], count: int) -> Burst:
    client = await clients.load()
    objects, burst = CustomObjectsApi(client), Burst()
    names = [f"bench-{secrets.token_hex(4)}" for _ in range(count)]

    async def create(name: str) -> None:
        body = copy.deepcopy(pattern)
        body["metadata"] = {"name": name}
        body.pop("status", None)
        body["spec"]["runPolicy"]["suspend"] = True
        began = time.monotonic()
        await objects.create_namespaced_custom_object(*_API, body)
        burst.each.append((time.monotonic() - began) * 1000)

    async def delete(name: str) -> None:
        await objects.delete_namespaced_custom_object(*_API, name)

    began = time.monotonic()
    await together(create, names)
    burst.whole = time.monotonic() - began
    await together(delete, names)
    await client.close()
    return burst


async def together(act: Callable[[str], Awaitable[None]], names: list[str]) -> None:
    """Do it to all names, as many at a time as people would."""
    room = asyncio.Semaphore(TOGETHER)

    async def one(name: str) -> None:
        async with room:
            await act(name)

    await asyncio.gather(*map(one, names))


def rows(session: HubSession, runs: Training, count: int) -> list[Row]:
    """The figures of many jobs of the same kind as one that ran."""
    mine, plain = ours(session, runs.spec, count), bare(runs.pattern, count)
    many = f"{count} at once"
    return [
        Row(
            name=f"{many}: submit → job object",
            unit="ms",
            ours=mine.each,
            baseline_name="bare create",
            baseline=plain.each,
        ),
        Row(
            name=f"{many}: until all are there",
            unit="s",
            ours=[mine.whole],
            baseline_name="bare create",
            baseline=[plain.whole],
        ),
        Row(name=f"{many}: then all know their place", unit="s", ours=[mine.placed]),
        Row(name=f"{many}: a page of 100", unit="ms", ours=[mine.page]),
    ]
