from __future__ import annotations

import asyncio
import dataclasses
from itertools import pairwise

import pytest
from unit.mofang_jobs.hang.conftest import START, Part, line_of, name_of, samples_of

from mofang_api.models import JobMetrics
from mofang_jobs.adapters.sample_files import SampleFile, SampleStorage, sample_parts
from mofang_jobs.domain.samples import IoCounters, SampledReplica
from mofang_jobs.services.metric_series import MAX_POINTS, chart_job, chart_replica

REPLICA = SampledReplica(name=name_of(), cores=2.0, memory_bytes=4 * 10**9, gpus=2)


def chart(samples, points=1000):
    found = chart_replica(REPLICA, SampleFile(samples=tuple(samples)), points)
    return found, {each.name: each for each in found.series}


def test_counters_become_rates_and_gauges_stay():
    samples = samples_of(
        Part(30, talks=True, cores=1.5, gpus=[[40.0], [60.0]], network=1000.0)
    )

    found, curves = chart(samples)

    assert [each.timestamp() for each in found.times][:2] == [START, START + 10]
    assert curves["cpu"].values[:2] == [None, pytest.approx(1.5)]
    assert curves["write"].values[5] == pytest.approx(409.6)
    assert curves["read"].values[5] == 0.0
    assert curves["received"].values[5] == pytest.approx(1000.0)
    assert curves["memory"].values[0] == 10**9
    assert curves["gpu"].values[0] == 50.0
    assert curves["gpu_memory"].values[0] == 2e9
    assert {name: each.limit for name, each in curves.items() if each.limit} == {
        "cpu": 2.0,
        "memory": 4 * 10**9,
        "gpu": 100.0,
        "gpu_memory": 16e9,
    }


@pytest.mark.parametrize("points", [2, 7, 240, 5000])
def test_few_points_lose_nothing_that_was_counted(points):
    samples = samples_of(Part(500, cores=0.2), Part(500, cores=1.8, talks=True))

    found, curves = chart(samples, points)

    assert len(found.times) <= min(points, MAX_POINTS)
    assert all(len(each.values) == len(found.times) for each in found.series)
    values = [each for each in curves["cpu"].values if each is not None]
    times = [START, *(each.timestamp() for each in found.times)]
    if curves["cpu"].values[0] is None:
        times = times[1:]
    lengths = [after - before for before, after in pairwise(times)]
    used = sum(a * b for a, b in zip(values, lengths, strict=True))
    assert used == pytest.approx(samples[-1].cpu - samples[0].cpu)


def test_a_short_peak_of_memory_is_seen():
    samples = samples_of(Part(1000))
    samples[517] = dataclasses.replace(samples[517], memory=7 * 10**9)

    _, curves = chart(samples, 10)

    assert max(curves["memory"].values) == 7 * 10**9


def test_a_restart_is_no_negative_rate():
    before = samples_of(Part(50, cores=2.0, talks=True))
    after = [
        dataclasses.replace(each, run="other", attempt=2, time=each.time + 1000)
        for each in samples_of(Part(50, cores=1.0, talks=True))
    ]

    for points in (100, 10, 3):
        _, curves = chart([*before, *after], points)
        values = [each for each in curves["cpu"].values if each is not None]
        assert all(0.9 < each < 2.1 for each in values)


def test_a_clock_set_back_does_not_bend_the_curve():
    samples = samples_of(Part(20))
    samples[10:] = [
        dataclasses.replace(each, time=each.time - 3600) for each in samples[10:]
    ]

    found, _ = chart(samples)

    assert found.times == sorted(found.times)


def test_mapped_files_count_as_read():
    """No call reads them, but the disk does."""
    samples = [
        dataclasses.replace(each, io=IoCounters(0, 0, 0, 0, number * 10**7, 0))
        for number, each in enumerate(samples_of(Part(5)))
    ]

    _, curves = chart(samples)

    assert curves["read"].values[1:] == [10**6] * 4


def test_what_was_never_measured_has_no_curve():
    _, curves = chart(samples_of(Part(5)))

    assert {"gpu", "gpu_memory", "received", "sent"}.isdisjoint(curves)


async def test_a_job_has_the_curves_of_its_replicas_and_notes_for_the_others(tmp_path):
    path = tmp_path.joinpath(*sample_parts(name_of()))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(map(line_of, samples_of(Part(5)))))
    second = SampledReplica(name=name_of("worker-1"))

    found = await chart_job(
        SampleStorage(tmp_path), [REPLICA, second], 100, asyncio.Semaphore(1)
    )

    assert isinstance(found, JobMetrics)
    assert [each.index for each in found.replicas] == [0, 1]
    assert found.replicas[0].note is None
    assert "No samples of worker-1" in found.replicas[1].note
