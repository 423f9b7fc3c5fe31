"""What JupyterLab reads of the server's activity, and how it keeps the server."""

import logging
from dataclasses import dataclass, field

import pytest

from mofang_api.models.activity import CullingAction, CullingStatus
from mofang_training.activity.handlers import REPORTER
from mofang_training.activity.reporter import ActivityReporter
from mofang_training.activity.samples import ActivitySample
from mofang_training.hub_request import HubRefusalError
from support.clock import FakeClock

PATH = "mofang/training/api/activity"
NOTIFY = CullingStatus(
    action=CullingAction.NOTIFY,
    idle_minutes=60,
    stop_in_seconds=900,
    extendable_seconds=7200,
    report_in_seconds=60,
)
KEEP = CullingStatus(
    action=CullingAction.KEEP,
    idle_minutes=60,
    extended_seconds=7200,
    extendable_seconds=7200,
    report_in_seconds=300,
)


@dataclass
class Hub:
    """Answers what a test says."""

    status: CullingStatus = KEEP
    refusal: HubRefusalError | None = None
    asked: list = field(default_factory=list)

    async def report(self, report):
        return self._answer(report)

    async def extend(self, request):
        return self._answer(request)

    def _answer(self, body):
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(body)
        return self.status


class Sampler:
    failure = None
    at_work = False

    def __init__(self, clock):
        self.clock = clock

    async def take(self):
        if self.failure is not None:
            raise self.failure
        busy = ("train.ipynb",) if self.at_work else ()
        return ActivitySample(at=self.clock(), busy_kernels=busy)

    async def open_notebooks(self):
        return [f"{index}-{'x' * 300}.ipynb" for index in range(30)]


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def reporter(hub, clock):
    log = logging.getLogger("server")
    return ActivityReporter(Sampler(clock), hub, log, clock=clock)


@pytest.fixture
async def http(notebook, reporter):
    notebook.app.web_app.settings[REPORTER] = reporter
    async with notebook.client() as client:
        yield client


async def idle(reporter, clock, minutes):
    for _ in range(2 * minutes):
        await reporter.check()
        clock.advance(30)


async def test_a_notice_counts_down(http, hub, reporter, clock):
    hub.status = NOTIFY
    await reporter.check()
    clock.advance(30)

    answer = await http.get(PATH)

    assert answer.json()["stop_in_seconds"] == 870
    assert answer.json()["extendable_seconds"] == 7170


async def test_the_server_is_kept_for_so_long_and_for_that_reason(http, hub, reporter):
    hub.status = NOTIFY
    await reporter.check()
    hub.status = KEEP

    answer = await http.post(PATH, json={"hours": 2, "reason": "at lunch"})

    assert answer.json()["stop_in_seconds"] is None
    assert answer.json()["extended_seconds"] == 7200
    assert (hub.asked[-1].hours, hub.asked[-1].reason) == (2, "at lunch")


async def test_a_refusal_of_the_hub_is_passed_on(http, hub):
    hub.refusal = HubRefusalError("It cannot be kept any longer.", 409)

    answer = await http.post(PATH, json={})

    assert answer.status_code == 409
    assert answer.json()["message"] == "It cannot be kept any longer."


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"hours": "many"}', b'{"hours": -1}', b'{"reason": 5}']
    + [b'{"hours": 1e999}', b'{"reason": "' + b"x" * 301 + b'"}'],
)
async def test_what_asks_for_nothing_is_refused(http, hub, body):
    answer = await http.post(PATH, content=body)

    assert answer.status_code == 400
    assert "Send a JSON object" in answer.json()["message"]
    assert not hub.asked


async def test_off_the_platform_nobody_stops_the_server(notebook):
    async with notebook.client() as http:
        answers = [await http.get(PATH), await http.post(PATH, json={})]

    assert [each.status_code for each in answers] == [503, 503]
    assert "was not started by Mofang" in answers[0].json()["message"]


async def test_strangers_learn_nothing(notebook, reporter):
    notebook.app.web_app.settings[REPORTER] = reporter
    async with notebook.client(token=None) as http:
        assert (await http.get(PATH)).status_code == 403


async def test_a_report_has_durations_and_a_bounded_list(hub, reporter, clock):
    await idle(reporter, clock, 10)

    report = hub.asked[-1]
    assert 0 < report.idle_seconds <= 600
    assert report.noticed_seconds is None
    assert len(report.notebooks) == 20
    assert max(map(len, report.notebooks)) == 200


async def test_reports_are_as_seldom_as_the_hub_likes(hub, reporter, clock):
    await idle(reporter, clock, 60)

    assert len(hub.asked) == 12


async def test_how_long_people_were_notified_is_reported(hub, reporter, clock):
    hub.status = NOTIFY
    await idle(reporter, clock, 5)

    noticed = [each.noticed_seconds for each in hub.asked]
    assert noticed == [None, 60, 120, 180, 240]


async def test_what_cannot_be_measured_counts_as_activity(hub, reporter, clock):
    await idle(reporter, clock, 5)
    assert not reporter.activity.is_active
    reporter._sampler.failure = OSError("no /proc")

    reporter.start()
    clock.advance(300)
    while not reporter.activity.is_active:
        await clock.sleep_async(0)
    await reporter.stop()

    assert reporter.describe()["idle_seconds"] == 0


async def test_the_hub_hears_at_once_that_a_dozing_server_awakes(hub, reporter, clock):
    hub.status = KEEP.model_copy(update={"is_dozing": True})
    await idle(reporter, clock, minutes=6)
    reports = len(hub.asked)
    reporter._sampler.at_work = True

    await reporter.check()

    assert len(hub.asked) == reports + 1
    assert hub.asked[-1].idle_seconds == 0


async def test_a_server_that_does_not_doze_reports_when_it_is_time(
    hub, reporter, clock
):
    await idle(reporter, clock, minutes=6)
    reports = len(hub.asked)
    reporter._sampler.at_work = True

    await reporter.check()

    assert len(hub.asked) == reports
