import asyncio

import httpx
import pytest
from unit.mofang.fake_service import GIVEN, a_job, refuse

import mofang
from mofang.async_client import AsyncClient
from mofang.errors import (
    MofangError,
    NotFoundError,
    StillRunningError,
    UnreachableError,
)
from mofang_api.models import JobEvent, JobState
from support.clock import FakeClock


@pytest.fixture
async def client(service):
    transport = httpx.MockTransport(service)
    async with AsyncClient(transport=transport, **GIVEN) as client:
        yield client


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(asyncio, "sleep", clock.sleep_async)
    return clock


async def pieces(*chunks: bytes, error: Exception | None = None):
    for chunk in chunks:
        yield chunk
    if error is not None:
        raise error


async def test_a_job_lives_from_submission_to_removal(client, service):
    job = await client.submit(a_job().spec)
    assert (await client.list_jobs()).jobs == [job]
    assert (await client.cancel(job.id)).state is JobState.CANCELLING
    await client.delete(job.id)
    with pytest.raises(NotFoundError):
        await client.get_job(job.id)


async def test_a_job_is_submitted_in_short_forms_and_looked_at(client, service):
    spec = mofang.spec(
        "train.py",
        settings=client.settings,
        framework="tensorflow",
        roles={"ps": 1},
        hyperparameters={"lr": 0.1},
    )
    assert (await client.preview(spec)).workload_kind == "PyTorchJob"
    job = await client.submit(spec)
    assert await client.result(job.id) == {}
    assert (await client.metrics(job.id, 10)).replicas == []
    changes = {"hyperparameters": {"lr": 0.2}}
    again = await client.submit(mofang.respec(job, settings=client.settings, **changes))
    assert again.spec.rerun_of == job.id
    assert again.spec.hyperparameters == {"lr": 0.2}
    page = await client.list_jobs(framework="tensorflow", limit=1)
    assert (page.jobs, page.total) == ([again], 2)


async def test_environments_are_listed(client, service):
    found = await client.list_environments()
    assert [each.name for each in found.environments] == ["base", "pytorch", "ray"]
    assert found.allow_any_image is False


async def test_what_logs_take_is_told(client, service):
    assert await client.read_log_usage() == service.log_usage


async def test_waiting_bears_a_restart_and_returns_the_end(client, service, clock):
    job = service.add(a_job())
    service.answers = [httpx.ConnectError("refused")]
    service.steps = [JobState.RUNNING, JobState.SUCCEEDED]
    assert (await client.wait(job.id)).state is JobState.SUCCEEDED
    assert len(clock.pauses) == 2


async def test_waiting_ends_at_the_time_that_was_given(client, service, clock):
    job = service.add(a_job())
    with pytest.raises(StillRunningError):
        await client.wait(job.id, timeout=0)


async def test_a_followed_log_is_whole_although_connections_break(
    client, service, clock
):
    job = service.add(a_job(state=JobState.QUEUED))
    service.logs["worker-0"] = b"one two three"
    service.streams = [
        pieces(b"one ", error=httpx.ReadError("reset")),
        pieces(),
    ]
    clock.when_paused = lambda: service.become(job.id, JobState.SUCCEEDED)
    chunks = [chunk async for chunk in client.follow_log(job.id)]
    assert b"".join(chunks) == b"one two three"


async def test_a_log_is_waited_for_over_a_restart(client, service, clock):
    job = service.add(a_job(state=JobState.QUEUED))

    def starts() -> None:
        service.logs["worker-0"] = b"hello"
        service.become(job.id, JobState.SUCCEEDED)

    service.answers = [
        refuse(404, "not_found", "There is no log yet."),
        refuse(503, "starting", "The service starts."),
    ]
    clock.when_paused = starts
    chunks = [chunk async for chunk in client.follow_log(job.id)]
    assert b"".join(chunks) == b"hello"


async def test_a_log_that_will_never_exist_is_an_error(client, service, clock):
    job = service.add(a_job(state=JobState.FAILED))
    with pytest.raises(NotFoundError):
        [chunk async for chunk in client.follow_log(job.id)]


async def test_the_watch_yields_events(client, service):
    event = JobEvent(type="added", job=a_job())
    text = f"event: job\ndata: {event.model_dump_json()}\n\n"
    service.events = pieces(b": alive\n\n", text.encode())
    async with client.watch() as events:
        assert [event async for event in events] == [event]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.ConnectError("refused"), "cannot be reached"),
        (refuse(403, "forbidden", "You may not."), "You may not"),
    ],
)
async def test_errors_are_those_of_the_other_client(client, service, answer, says):
    service.answers = [answer] * 2
    with pytest.raises(MofangError, match=says):
        await client.list_jobs()
    with pytest.raises(MofangError, match=says):
        async with client.watch():
            raise AssertionError("there is no stream")
    assert issubclass(UnreachableError, MofangError)
