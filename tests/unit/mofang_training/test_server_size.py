"""When memory runs out, what is reported of it, and how a server gets more."""

import asyncio
import logging

import pytest

from mofang_api.models.sizes import ServerSizes, SizeRange
from mofang_training.hub_request import HubRefusalError
from mofang_training.server_size.forecast import MemorySample, forecast_exhaustion
from mofang_training.server_size.handlers import RESIZER
from mofang_training.server_size.monitor import ResourceMonitor
from mofang_training.server_size.resizer import Resizer, SizeClient
from support.clock import FakeClock
from support.eventually import until

PATH = "mofang/training/api/server-size"
MIB = 1024**2
GIB = 1024**3
MEMORY = SizeRange(
    name="memory", unit="GiB", value=4, low=1, high=16, steps=[1, 2, 4, 8, 16]
)
CPU = SizeRange(name="cpu", unit="cores", value=1, low=0.5, high=2, steps=[0.5, 1, 2])


# -- the forecast


def samples(*used, every=10):
    return [MemorySample(index * every, each) for index, each in enumerate(used)]


def test_growth_says_when_memory_runs_out():
    grown = samples(*[2 * GIB + index * 100 * MIB for index in range(8)])

    seconds = forecast_exhaustion(grown, 4 * GIB)

    # 10 MiB a second, and 1348 MiB left.
    assert seconds == pytest.approx(134.8)


@pytest.mark.parametrize(
    "used",
    [
        pytest.param([3 * GIB] * 8, id="steady"),
        pytest.param([GIB, *[3 * GIB] * 7], id="a step that is over"),
        pytest.param([3 * GIB - index * MIB for index in range(8)], id="shrinks"),
        pytest.param([index * 10 * MIB for index in range(8)], id="mostly free"),
        pytest.param([2 * GIB + index * MIB for index in range(8)], id="hours away"),
        pytest.param([2 * GIB, 3 * GIB], id="too few samples"),
        pytest.param([], id="none"),
    ],
)
def test_what_is_no_growth_says_nothing(used):
    assert forecast_exhaustion(samples(*used), 4 * GIB) is None


def test_what_was_long_ago_does_not_count():
    old = [MemorySample(-1000 + index, index * MIB) for index in range(8)]
    steady = samples(*[3 * GIB] * 8)

    assert forecast_exhaustion([*old, *steady], 4 * GIB) is None


# -- the monitor


class Usage:
    """The container as a test says."""

    memory = GIB
    cpu = 10.0

    def memory_bytes(self):
        return self.memory

    def cpu_seconds(self):
        return self.cpu


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def usage():
    return Usage()


@pytest.fixture
def limit():
    return [4 * GIB]


@pytest.fixture
def monitor(usage, clock, limit):
    log = logging.getLogger("server")
    return ResourceMonitor(log, usage=usage, limit=lambda: limit[0], clock=clock)


def grow(monitor, usage, clock, *, to=3.5):
    """Grow to so many GiB, by 100 MiB every five seconds."""
    usage.memory = int(to * GIB) - 1200 * MIB
    for _ in range(13):
        monitor.sample()
        usage.memory += 100 * MIB
        clock.advance(5)


def test_a_report_has_what_was_used_since_the_last_one(monitor, usage, clock):
    assert monitor.use() is None
    monitor.sample()
    clock.advance(30)
    usage.memory, usage.cpu = 3 * GIB, 25.0
    monitor.sample()
    clock.advance(30)
    usage.memory = 2 * GIB
    monitor.sample()

    use = monitor.use()

    assert (use.seconds, use.cpu_seconds) == (60, 15)
    assert use.memory_peak_bytes == 3 * GIB
    assert use.memory_bytes == 2 * GIB
    assert use.memory_mean_bytes == 2.5 * GIB

    monitor.restart()
    assert monitor.use() is None
    clock.advance(10)
    monitor.sample()
    assert monitor.use().memory_peak_bytes == 2 * GIB
    assert monitor.use().seconds == 10


def test_what_cannot_be_measured_is_not_reported(monitor, usage, clock):
    usage.memory = None
    monitor.sample()
    clock.advance(10)
    monitor.sample()

    assert monitor.use() is None
    assert monitor.used_bytes is None
    assert monitor.runs_out_in() is None


# -- what JupyterLab is told and asks


class Hub:
    """Answers what a test says."""

    def __init__(self):
        self.asked = []
        self.refusal = None
        self.sizes = ServerSizes(sizes=[CPU, MEMORY])
        self.answered = asyncio.Event()
        self.answered.set()

    async def read(self):
        if self.refusal:
            raise self.refusal
        return self.sizes

    async def resize(self, sizes):
        self.asked.append(sizes)
        await self.answered.wait()
        if self.refusal:
            raise self.refusal
        return self.sizes


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
async def http(notebook, hub, monitor):
    resizer = Resizer(hub, monitor)
    notebook.app.web_app.settings[RESIZER] = resizer
    async with notebook.client() as client:
        yield client
    await resizer.stop()


async def test_a_server_with_room_says_what_it_uses(http, monitor):
    monitor.sample()

    answer = await http.get(PATH)

    assert answer.json() == {
        "used_bytes": GIB,
        "limit_bytes": 4 * GIB,
        "runs_out_in_seconds": None,
        "is_nearly_full": False,
        "offered_gib": None,
    }


async def test_when_memory_runs_out_more_is_offered(http, monitor, usage, clock):
    grow(monitor, usage, clock)

    told = (await http.get(PATH)).json()

    # 20 MiB a second, and 0.5 GiB left.
    assert told["runs_out_in_seconds"] == pytest.approx(25.6, abs=1)
    assert told["offered_gib"] == 4


@pytest.mark.parametrize(("high", "offered"), [(5.6, 1.5), (4, None)])
async def test_no_more_is_offered_than_may_be_had(
    http, hub, monitor, usage, clock, high, offered
):
    hub.sizes = ServerSizes(sizes=[MEMORY.model_copy(update={"high": high})])
    grow(monitor, usage, clock)

    assert (await http.get(PATH)).json()["offered_gib"] == offered


async def test_what_may_be_chosen_is_asked_of_the_hub(http):
    told = (await http.get(f"{PATH}?sizes=1")).json()

    assert [each["name"] for each in told["sizes"]] == ["cpu", "memory"]


async def test_growth_is_told_when_the_container_has_it(http, hub, limit):
    """The kubelet tells the hub seconds later."""
    hub.answered.clear()
    resizing = asyncio.ensure_future(http.post(PATH, json={"memory": "8Gi"}))
    await until(lambda: hub.asked)
    limit[0] = 8 * GIB

    answer = await resizing

    assert not hub.answered.is_set()
    assert answer.status_code == 200
    assert answer.json()["limit_bytes"] == 8 * GIB
    assert hub.asked == [{"memory": "8Gi"}]


async def test_other_changes_are_told_when_the_hub_says_so(http, hub):
    answer = await http.post(PATH, json={"cpu": "2"})

    assert answer.status_code == 200
    assert hub.asked == [{"cpu": "2"}]


async def test_a_refusal_is_passed_on(http, hub):
    hub.refusal = HubRefusalError("Its node has no room.", 409)

    answer = await http.post(PATH, json={"memory": "8Gi"})

    assert answer.status_code == 409
    assert answer.json()["message"] == "Its node has no room."


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"gpu": "1"}', '{"memory": 4}', '{"memory": "' + "9" * 50 + '"}'],
)
async def test_bad_bodies_are_refused(http, hub, body):
    answer = await http.post(PATH, content=body)

    assert answer.status_code == 400
    assert "Send a JSON object with cpu, memory or both" in answer.json()["message"]
    assert hub.asked == []


async def test_off_the_platform_it_is_said(notebook):
    notebook.app.web_app.settings.pop(RESIZER, None)
    async with notebook.client() as client:
        answer = await client.get(PATH)

    assert answer.status_code == 503
    assert "not started by Mofang" in answer.json()["message"]


def test_the_client_is_that_of_the_servers_own_address():
    client = SizeClient.from_environment(
        {
            "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
            "JUPYTERHUB_API_TOKEN": "very-private",
            "JUPYTERHUB_USER": "ada b",
            "JUPYTERHUB_SERVER_NAME": "vision-pytorch",
        }
    )

    where = "http://hub:8081/hub/api/mofang/servers/ada%20b/vision-pytorch/resize"
    assert client.url == where
    assert "very-private" not in repr(client)
    assert SizeClient.from_environment({}) is None
