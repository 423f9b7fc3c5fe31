"""Jobs end as they should while the watches of the training service go wrong."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise

import pytest
import pytest_asyncio
from aiohttp import web
from cluster.test_jobs_world import World, running_world, the_configuration
from kubernetes_asyncio import client

from mofang_api.models import Job, JobState
from support.api_proxy import ApiProxy, ApiRequest, Event, refusal, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

RETRY_SECONDS = 3
WATCHED_SECONDS = 10.0
SMALL = {"cpu": "100m", "memory": "256Mi"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy() -> AsyncIterator[ApiProxy]:
    async with running_proxy(await the_configuration()) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(proxy: ApiProxy) -> AsyncIterator[World]:
    """Its service reaches the API server through the proxy."""
    async with running_world(client.Configuration(host=proxy.url)) as running:
        yield running


@pytest.fixture(autouse=True)
def _well_again(proxy: ApiProxy) -> Iterator[None]:
    yield
    proxy.before = proxy.events = None


async def submit_three(world: World) -> dict[JobState, Job]:
    """One that succeeds, one that fails and one that goes on until it is cancelled."""
    scripts = {
        JobState.SUCCEEDED: "print('done')",
        JobState.FAILED: "raise SystemExit(3)",
        JobState.CANCELLED: "import time; time.sleep(600)",
    }
    return {
        state: await world.submit(
            name=state.value.lower(),
            script=world.write(f"{state.value.lower()}.py", text),
            resources=SMALL,
        )
        for state, text in scripts.items()
    }


async def all_end(world: World, jobs: dict[JobState, Job]) -> None:
    await world.until(jobs[JobState.CANCELLED], JobState.RUNNING)
    answer = await world.call("POST", f"/{jobs[JobState.CANCELLED].id}/cancel")
    assert answer.is_success, answer.text
    for state, job in jobs.items():
        await world.until(job, state)
    listed = (await world.call("GET")).json()["jobs"]
    states = {each["id"]: each["state"] for each in listed}
    assert {job.id: states[job.id] for job in jobs.values()} == {
        job.id: state.value for state, job in jobs.items()
    }


async def test_events_that_come_twice_late_or_never(
    world: World, proxy: ApiProxy
) -> None:
    """Of three, one comes twice, one after the next, and with one the watch is cut."""
    held: dict[int, Event] = {}
    count, cut = Counter[int](), set[str]()

    async def events(asked: ApiRequest, event: Event) -> AsyncIterator[Event]:
        watch, version = id(asked), event["object"]["metadata"]["resourceVersion"]
        count[watch] += 1
        match count[watch] % 3:
            case 0 if version not in cut:
                cut.add(version)
                raise ConnectionResetError
            case 1 if event["type"] != "BOOKMARK" and version not in cut:
                cut.add(version)
                held[watch] = event
                return
        yield event
        yield event
        if watch in held:
            yield held.pop(watch)

    proxy.events = events
    proxy.cut()

    await all_end(world, await submit_three(world))


async def test_a_version_that_is_never_known(world: World, proxy: ApiProxy) -> None:
    """Lists alone tell of changes then, and they come ever less often."""
    asked: Counter[str] = Counter()
    began = asyncio.get_running_loop().time()

    async def before(request: ApiRequest) -> web.Response | None:
        if asyncio.get_running_loop().time() - began < WATCHED_SECONDS:
            asked[request.path] += request.is_watch
        return refusal(410, "Expired") if request.is_watch else None

    proxy.before = before
    proxy.cut()

    await all_end(world, await submit_three(world))
    assert asked, "watches were asked for"
    # Pauses of 0.1, 0.2, 0.4 … seconds, at least half of each.
    assert max(asked.values()) <= 10, asked


async def test_too_many_requests_for_a_while(world: World, proxy: ApiProxy) -> None:
    """What is known can be read meanwhile, and no watch asks before its time."""
    jobs = await submit_three(world)
    loop = asyncio.get_running_loop()
    times: dict[str, list[float]] = {}
    refused = asyncio.Event()

    async def before(request: ApiRequest) -> web.Response | None:
        if not request.is_watch:
            return None
        known = times.setdefault(request.path, [])
        known.append(loop.time())
        if len(known) > 2:
            return None
        refused.set()
        return refusal(429, "TooManyRequests", Retry_After=str(RETRY_SECONDS))

    proxy.before = before
    proxy.cut()
    await asyncio.wait_for(refused.wait(), 30)
    assert (await world.call("GET")).status_code == 200

    await all_end(world, jobs)
    gaps = [
        later - earlier
        for known in times.values()
        for earlier, later in pairwise(known[:3])
    ]
    assert gaps
    assert min(gaps) >= RETRY_SECONDS


async def test_a_full_database_of_kubernetes(world: World, proxy: ApiProxy) -> None:
    """Nothing can be written, which is said; what runs goes on."""
    jobs = await submit_three(world)
    long = jobs[JobState.CANCELLED]
    await world.until(long, JobState.RUNNING)
    message = "etcdserver: mvcc: database space exceeded"
    refused: Counter[str] = Counter()

    async def before(request: ApiRequest) -> web.Response | None:
        if not request.is_write or request.verb == "DELETE":
            return None
        refused[request.verb] += 1
        status = {"kind": "Status", "status": "Failure", "message": message}
        return web.json_response({**status, "code": 500}, status=500)

    proxy.before = before
    script = world.write("more.py", "print('more')")
    spec = {"name": "more", "image": world.image, "script": script, "resources": SMALL}
    answers = [
        await world.call("POST", json=spec),
        await world.call("POST", f"/{long.id}/cancel"),
    ]
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert "the database of Kubernetes is full" in answer.json()["message"]
    assert refused
    assert (await world.get(long)).state is JobState.RUNNING

    proxy.before = None
    more = await world.submit(name="more", script=script, resources=SMALL)
    await all_end(world, jobs)
    await world.until(more, JobState.SUCCEEDED)
