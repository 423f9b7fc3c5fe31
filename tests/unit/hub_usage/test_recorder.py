"""The recorder follows real watches, and writes what they say."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from unit.hub_usage.allocations import all_of
from unit.hub_usage.test_pods import a_body, ended

from mofang_hub.usage.book import UsageBook
from mofang_hub.usage.intervals import EndSource
from mofang_hub.usage.periods import day_number
from mofang_hub.usage.pods import read_seconds, strip_pod
from mofang_hub.usage.recorder import UsageRecorder
from mofang_hub.usage.storage import LedgerStorage
from mofang_kube.errors import KubernetesUnavailableError
from mofang_kube.watcher import Watcher

pytestmark = pytest.mark.asyncio

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
TODAY = day_number(NOW.date())
NODES = {"node-1": {"metadata": {"labels": {"nvidia.com/gpu.product": "H100"}}}}


class Cluster:
    """One watch of pods, without a server behind it."""

    def __init__(self, tmp_path):
        self.now = NOW
        self.pods = Watcher(None, "/api/v1/pods", trim=strip_pod)
        self.pods.has_synced.set()
        self.pods.last_event = time.time()
        self.storage = LedgerStorage(f"sqlite:///{tmp_path}/usage.sqlite")
        self.storage.create()

    def put(self, body):
        self.pods.put(strip_pod(body))

    def drop(self):
        [key] = self.pods.objects
        self.pods.drop(key)

    @asynccontextmanager
    async def recording(self, keep_days=400):
        book = UsageBook(self.storage, lambda: self.now)
        recorder = UsageRecorder(
            book, [self.pods], NODES.get, keep_days=keep_days, write_seconds=0.01
        )
        running = asyncio.create_task(recorder.run())
        try:
            yield book
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def rows(self):
        return self.storage.intervals(all_of(TODAY - 40, TODAY + 1))


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.storage.close()


async def eventually(check):
    async with asyncio.timeout(30):
        while True:
            try:
                if found := check():
                    return found
            except KubernetesUnavailableError:
                pass
            await asyncio.sleep(0.01)


async def test_what_is_there_and_what_comes_is_held(cluster):
    cluster.put(a_body())
    async with cluster.recording() as book:
        [held] = await eventually(lambda: book.held)
        assert held.allocation.gpu_model == "H100"
        cluster.put(a_body(name="other", uid="other"))
        await eventually(lambda: len(book.held) == 2)


async def test_an_end_is_written(cluster):
    cluster.put(a_body())
    async with cluster.recording() as book:
        await eventually(lambda: book.held)
        at = "2026-11-30T12:29:30Z"
        cluster.put(a_body(phase="Succeeded", states=[ended(at)]))
        [row] = await eventually(cluster.rows)
        assert (row.ended, row.end_source) == (read_seconds(at), EndSource.STATUS)
        assert not book.held


async def test_a_pod_that_went_while_the_hub_was_away_ends_when_it_was_observed(
    cluster,
):
    cluster.put(a_body())
    async with cluster.recording() as book:
        await eventually(lambda: book.held)
        await eventually(lambda: cluster.storage.load(()).last_observed)
    cluster.now += timedelta(minutes=20)
    cluster.drop()
    async with cluster.recording():
        [row] = await eventually(cluster.rows)

    assert row.end_source is EndSource.LAST_OBSERVED
    assert NOW.timestamp() - 120 <= row.ended <= NOW.timestamp()


async def test_a_pod_that_ended_while_the_hub_was_away_has_its_real_end(cluster):
    cluster.put(a_body())
    async with cluster.recording() as book:
        await eventually(lambda: book.held)
        await eventually(lambda: cluster.storage.load(()).open_intervals)
    cluster.put(a_body(phase="Succeeded", states=[ended("2026-11-30T12:40:00Z")]))
    cluster.now += timedelta(minutes=20)
    async with cluster.recording():
        [row] = await eventually(cluster.rows)
    async with cluster.recording() as book:
        await eventually(lambda: book.ledger)

    [row] = cluster.rows()
    assert row.ended == read_seconds("2026-11-30T12:40:00Z")
    assert row.end_source is EndSource.STATUS


async def test_a_silent_watch_says_nothing_of_now(cluster):
    """Its last event was an hour ago: nobody knows what happened since."""
    cluster.pods.last_event = time.time() - 3600
    async with cluster.recording() as book:
        await eventually(lambda: book.ledger.last_observed)

        assert book.ledger.last_observed <= NOW.timestamp() - 3600


async def test_a_report_has_what_goes_on_until_now(cluster):
    cluster.put(a_body())
    async with cluster.recording() as book:
        await eventually(lambda: book.held)
        [record] = await book.records(all_of(TODAY, TODAY))
        hours = await book.hourly(all_of(TODAY, TODAY))

    assert record.gpu_seconds == 2 * 2.5 * 3600
    assert [each.gpu_seconds for each in hours] == [7200, 7200, 3600]


async def test_nothing_is_reported_before_it_is_known(cluster):
    book = UsageBook(cluster.storage, lambda: NOW)
    with pytest.raises(KubernetesUnavailableError, match="not known yet"):
        _ = book.held
    with pytest.raises(KubernetesUnavailableError, match="not known yet"):
        await book.records(all_of(TODAY, TODAY))


async def test_what_is_expired_goes_with_the_next_day(cluster):
    cluster.put(a_body())
    async with cluster.recording(keep_days=31) as book:
        await eventually(lambda: book.held)
        cluster.put(a_body(phase="Succeeded", states=[ended()]))
        await eventually(cluster.rows)
        for days in range(1, 34):
            cluster.now = NOW + timedelta(days=days)
            cluster.put(a_body(name=f"pod-{days}", uid=f"pod-{days}"))
            await eventually(
                lambda: book.ledger.last_observed >= cluster.now.timestamp() - 120
            )
            await eventually(lambda: not book.ledger.changes().opened)
        await eventually(lambda: not cluster.rows())


async def test_a_clock_that_jumps_by_years_removes_nothing(cluster):
    cluster.put(a_body(phase="Succeeded", states=[ended()]))
    async with cluster.recording(keep_days=31) as book:
        await eventually(cluster.rows)
        cluster.now += timedelta(days=900)
        cluster.put(a_body(name="other", uid="other"))
        await eventually(
            lambda: book.ledger.last_observed >= cluster.now.timestamp() - 120
        )
        await eventually(lambda: not book.ledger.changes().opened)

        assert cluster.rows()
