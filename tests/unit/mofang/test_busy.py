"""A platform that has too much to do is asked again when it says, and not for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from unit.mofang.fake_service import GIVEN, a_job, refuse

from mofang.async_client import AsyncClient
from mofang.endpoints import MOST_RETRIES
from mofang.errors import RefusedError
from support.clock import FakeClock

BUSY = "You have sent more requests than the platform takes of one person."


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr(asyncio, "sleep", clock.sleep_async)
    return clock


class Busy:
    """Refuses so many requests before the service answers."""

    def __init__(
        self, service: Callable[..., httpx.Response], times: int, **headers: str
    ) -> None:
        self._service, self._left, self._headers = service, times, headers
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self._left:
            self._left -= 1
            answer = refuse(429, "too_many_requests", BUSY)
            answer.headers.update(self._headers)
            return answer
        return self._service(request)


async def alive() -> AsyncIterator[bytes]:
    yield b": alive\n\n"


def client_of(service: Busy) -> AsyncClient:
    return AsyncClient(transport=httpx.MockTransport(service), **GIVEN)


async def test_a_submission_is_sent_again_when_the_platform_says(service, clock):
    busy = Busy(service, 2, **{"Retry-After": "1"})
    async with client_of(busy) as client:
        job = await client.submit(a_job().spec)

    assert job.id
    assert clock.pauses == [1, 2]


async def test_a_stream_is_opened_again_when_the_platform_says(service, clock):
    async with client_of(Busy(service, 0)) as client:
        job = await client.submit(a_job().spec)
    service.events = alive()
    busy = Busy(service, 1, **{"Retry-After": "5"})
    async with client_of(busy) as client, client.watch():
        pass

    assert job.id
    assert busy.asked == 2


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        pytest.param({}, 1, id="the caller must do something first"),
        pytest.param({"Retry-After": "1"}, 1 + MOST_RETRIES, id="for ever"),
        pytest.param({"Retry-After": "3600"}, 1, id="for an hour"),
        pytest.param({"Retry-After": "Mon, 1 Jan 2035"}, 1, id="until a date"),
        pytest.param({"Retry-After": "-1"}, 1, id="nonsense"),
    ],
)
async def test_after_a_while_it_is_told(service, clock, headers, asked):
    busy = Busy(service, 99, **headers)
    async with client_of(busy) as client:
        with pytest.raises(RefusedError, match="more requests") as caught:
            await client.list_jobs()

    assert caught.value.status == 429
    assert busy.asked == asked
