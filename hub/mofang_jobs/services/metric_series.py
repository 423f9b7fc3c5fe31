"""Turn samples into curves of few points. Pure, but for the reading of a whole job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import fmean

from mofang_api.models import JobMetrics, ReplicaMetrics, Series
from mofang_jobs.adapters.sample_files import SampleFile, SampleStorage
from mofang_jobs.domain.samples import Sample, SampledReplica

DEFAULT_POINTS = 240
MAX_POINTS = 2000

FULL_PERCENT = 100.0

Gauge = Callable[[Sample], float | None]

_COUNTERS: dict[str, Gauge] = {
    "cpu": lambda one: one.cpu,
    "read": lambda one: one.io.read,
    "write": lambda one: one.io.written,
    "received": lambda one: one.network[0] if one.network else None,
    "sent": lambda one: one.network[1] if one.network else None,
}
"""What grows with each sample; charts show by how much in a second."""


async def chart_job(
    store: SampleStorage,
    replicas: Sequence[SampledReplica],
    points: int,
    turn: asyncio.Semaphore,
) -> JobMetrics:
    """Return the curves of replicas, in their order.

    Args:
        store: The files.
        replicas: All that are shown.
        points: At most so many for each curve, from 2 to ``MAX_POINTS``.
        turn: Is taken for each replica.
    """
    charts = []
    # One after the other: a job may have hundreds, with megabytes each.
    for replica in replicas:
        async with turn:
            file = await store.read(replica.name)
            charts.append(await asyncio.to_thread(chart_replica, replica, file, points))
    return JobMetrics(replicas=charts)


def chart_replica(
    replica: SampledReplica, file: SampleFile, points: int
) -> ReplicaMetrics:
    """Return one replica's curves; without samples, a note that says so.

    Args:
        replica: The replica with its limits.
        file: Its samples.
        points: Maximum number of points, from 2 to ``MAX_POINTS``.
    """
    role, index = replica.name.role, replica.name.index
    if not file.samples:
        return ReplicaMetrics(role=role, index=index, note=_excuse(replica, file))
    groups = _groups(file.samples, min(max(points, 2), MAX_POINTS))
    curves = [
        Series(name="cpu", values=_rates(groups, "cpu"), limit=replica.cores),
        Series(
            name="memory",
            values=[_maximum(group, lambda one: float(one.memory)) for group in groups],
            limit=replica.memory_bytes,
        ),
        *_gpu_curves(groups),
        *(
            Series(name=name, values=_rates(groups, name))
            for name in ("read", "write", "received", "sent")
        ),
    ]
    return ReplicaMetrics(
        role=role,
        index=index,
        times=_times(groups),
        series=[curve for curve in curves if any(v is not None for v in curve.values)],
    )


def _groups(samples: Sequence[Sample], points: int) -> list[Sequence[Sample]]:
    """Return as many pieces as there are points, each of the same length.

    The last sample of a piece begins the next one too, so that nothing that was counted
    between them is lost.
    """
    size = -(-len(samples) // points)
    starts = range(0, len(samples), size)
    return [samples[max(start - 1, 0) : start + size] for start in starts]


def _times(groups: Sequence[Sequence[Sample]]) -> list[datetime]:
    times: list[float] = []
    for group in groups:
        # A clock that was set back must not bend the curve.
        times.append(max(group[-1].time, times[-1] if times else 0.0))
    return [datetime.fromtimestamp(time, UTC) for time in times]


def _rates(groups: Sequence[Sequence[Sample]], name: str) -> list[float | None]:
    return [_rate(group, _COUNTERS[name]) for group in groups]


def _rate(group: Sequence[Sample], counter: Gauge) -> float | None:
    """Return the growth in a second, within the piece's last start of the wrapper."""
    last = group[-1]
    first = next(each for each in group if each.run == last.run)
    before, after = counter(first), counter(last)
    if before is None or after is None or last.up <= first.up:
        return None
    return max(after - before, 0.0) / (last.up - first.up)


def _own(group: Sequence[Sample]) -> Sequence[Sample]:
    return group[1:] if len(group) > 1 else group


def _maximum(group: Sequence[Sample], gauge: Gauge) -> float | None:
    # A peak of memory is what matters, however short.
    values = [value for one in _own(group) if (value := gauge(one)) is not None]
    return max(values, default=None)


def _gpu_curves(groups: Sequence[Sequence[Sample]]) -> list[Series]:
    totals = [_total(one) for group in groups for one in group if one.gpus]
    return [
        Series(
            name="gpu",
            values=[_mean_percent(_own(group)) for group in groups],
            limit=FULL_PERCENT,
        ),
        Series(
            name="gpu_memory",
            values=[_maximum(group, _used) for group in groups],
            limit=max((each for each in totals if each), default=None),
        ),
    ]


def _mean_percent(group: Sequence[Sample]) -> float | None:
    """Return the mean over devices and time."""
    values = [
        gpu.percent
        for one in group
        for gpu in one.gpus or ()
        if gpu.percent is not None
    ]
    return fmean(values) if values else None


def _used(one: Sample) -> float | None:
    values = [gpu.used_bytes for gpu in one.gpus or () if gpu.used_bytes is not None]
    return sum(values) if values else None


def _total(one: Sample) -> float:
    return sum(gpu.total_bytes or 0.0 for gpu in one.gpus or ())


def _excuse(replica: SampledReplica, file: SampleFile) -> str:
    if file.bad_lines:
        return f"The file of samples of {replica.label} cannot be read."
    return f"No samples of {replica.label}: they begin with its command."
