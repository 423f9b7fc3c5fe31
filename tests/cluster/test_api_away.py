"""The service's connection to the API server goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from cluster.test_jobs_world import World, eventually, running_world, the_configuration

from mofang_api.models import JobState
from support.cut import Cut

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

AWAY_SECONDS = 600
MAX_GROWTH = 64 << 20
"""Bytes of resident memory, while the API server is away."""
SILENT_SECONDS = 20
QUIET_SECONDS = 5

GOES_ON = (
    "import time\n"
    "for step in range(3600):\n"
    "    print('step', step, flush=True)\n"
    "    time.sleep(0.5)\n"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cut() -> AsyncIterator[Cut]:
    real = urlsplit((await the_configuration()).host)
    assert real.hostname
    assert real.port
    made = Cut(real.hostname, real.port)
    await made.start()
    yield made
    await made.refuse()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(cut: Cut) -> AsyncIterator[World]:
    """Its service reaches the API server by the connection that can be cut."""
    configuration = await the_configuration()
    configuration.host = f"https://127.0.0.1:{cut.port}"
    async with running_world(configuration) as running:
        yield running


async def refusal_of(answer: httpx.Response) -> str:
    """The sentence of an answer that says no for want of Kubernetes."""
    assert answer.status_code in {502, 503, 504}, answer.text
    return str(answer.json()["message"])


def resident_memory() -> int:
    """Bytes of this process, in which the service runs."""
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) << 10


async def test_jobs_outlive_minutes_without_the_api_server(
    world: World, cut: Cut
) -> None:
    script = world.write("goes_on.py", GOES_ON)
    quick = world.write("quick.py", "print('done')")
    long = await world.submit(name="long", script=script)
    ends = await world.submit(
        name="ends", script=world.write("ends.py", "import time; time.sleep(60)")
    )
    for job in (long, ends):
        await world.until(job, JobState.RUNNING)
    spec = {"name": "meanwhile", "image": world.image, "script": quick}

    await cut.refuse()
    try:
        answers = [await world.call("POST", json=spec) for _ in range(3)]
        for answer in answers:
            assert "try again" in (await refusal_of(answer)).lower()
        listed = await world.call("GET")
        assert listed.status_code == 200, "what is known can be looked at"
        assert {job["id"] for job in listed.json()["jobs"]} == {long.id, ends.id}
        cancelled = await world.call("POST", f"/{ends.id}/cancel")
        assert "try again" in (await refusal_of(cancelled)).lower()
        before = resident_memory()
        await asyncio.sleep(AWAY_SECONDS)
        assert resident_memory() - before <= MAX_GROWTH
    finally:
        await cut.start()

    await world.until(ends, JobState.SUCCEEDED, within=90)
    assert (await world.get(long)).state is JobState.RUNNING
    assert (await world.get(long)).attempt == 1, "it was not started again"
    after = await world.submit(name="after", script=quick)
    await world.until(after, JobState.SUCCEEDED)
    jobs = (await world.call("GET")).json()["jobs"]
    assert {job["id"] for job in jobs} == {long.id, ends.id, after.id}, (
        "nothing was made of what was refused"
    )
    await world.call("POST", f"/{long.id}/cancel")
    await world.until(long, JobState.CANCELLED)


async def test_a_silent_connection_makes_no_second_job(world: World, cut: Cut) -> None:
    """The caller gave up; what was on its way arrives, once, and whole."""
    quick = world.write("quick.py", "print('done')")
    spec = {
        "name": "late",
        "image": world.image,
        "script": quick,
        "resources": {"cpu": "100m", "memory": "512Mi"},
    }

    cut.stall()
    with pytest.raises(httpx.ReadTimeout):
        await world.call("POST", json=spec, timeout=5)
    await asyncio.sleep(SILENT_SECONDS)
    cut.flow()
    await asyncio.sleep(QUIET_SECONDS)

    async def all_ended() -> bool:
        jobs = (await world.call("GET", "?search=late")).json()["jobs"]
        states = {job["state"] for job in jobs}
        assert len(jobs) <= 1
        return states <= {JobState.SUCCEEDED.value}

    await eventually(all_ended, within=60)
    after = await world.submit(name="after", script=quick)
    await world.until(after, JobState.SUCCEEDED)
