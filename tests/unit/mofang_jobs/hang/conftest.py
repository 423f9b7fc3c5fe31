"""Traces of replicas: ``trace(…)`` is made of parts, each told in a few words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from mofang_jobs.domain.hang_rule import ReplicaSamples
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.samples import GpuSample, IoCounters, Sample, SampledReplica

SETTINGS = HangSettings()
START = 1_760_000_000.0


@dataclass(frozen=True)
class Part:
    """Some samples in which a replica behaves the same."""

    samples: int
    talks: bool = False
    cores: float = 0.0
    gpus: Sequence[Sequence[float | None]] = ()
    """For each device its utilisation, repeated as often as needed."""

    network: float = 0.0
    """Bytes per second; the counters are absent where it is 0 everywhere."""


def name_of(label: str = "worker-0") -> LogName:
    role, _, index = label.rpartition("-")
    return LogName(project="nlp", job="train-x1y2z3", role=role, index=int(index))


def samples_of(
    *parts: Part, period: float = 10.0, clock: float = START
) -> list[Sample]:
    found: list[Sample] = []
    cpu, written, traffic = 0.0, 0, 0.0
    has_network = any(part.network for part in parts)
    for part in parts:
        curves = [itertools.cycle(each) for each in part.gpus]
        for _ in range(part.samples):
            cpu += part.cores * period
            written += 4096 * part.talks
            traffic += part.network * period
            found.append(
                Sample(
                    run="a1b2c3d4",
                    attempt=1,
                    period=period,
                    time=clock + len(found) * period,
                    up=len(found) * period,
                    processes=2,
                    cpu=cpu,
                    memory=10**9,
                    io=IoCounters(0, written, 0, written // 4096, 0, 0),
                    digest=f"{written:016x}",
                    network=(int(traffic), 0) if has_network else None,
                    gpus=tuple(
                        GpuSample(number, next(curve), 1e9, 8e9, 60.0)
                        for number, curve in enumerate(curves)
                    ),
                    is_end=False,
                )
            )
    return found


@pytest.fixture
def trace():
    def make(
        *parts: Part,
        label: str = "worker-0",
        age: float | None = 0.0,
        gpus: int = 0,
        cores: float | None = None,
        **more: float,
    ) -> ReplicaSamples:
        replica = SampledReplica(name=name_of(label), gpus=gpus, cores=cores)
        samples = samples_of(*parts, **more)
        return ReplicaSamples(replica=replica, samples=samples, age_seconds=age)

    return make


def line_of(sample: Sample) -> bytes:
    """Return the line that the wrapper would write."""
    io = sample.io
    raw = {
        "version": 1,
        "run_id": sample.run,
        "attempt": sample.attempt,
        "period_seconds": sample.period,
        "time": sample.time,
        "uptime_seconds": sample.up,
        "processes": sample.processes,
        "cpu_seconds": sample.cpu,
        "memory_bytes": sample.memory,
        "io": [getattr(io, field) for field in io.__slots__],
        "digest": sample.digest,
    }
    if sample.network is not None:
        raw["network"] = sample.network
    if sample.gpus != ():
        raw["gpus"] = sample.gpus and [
            [getattr(gpu, field) for field in gpu.__slots__] for gpu in sample.gpus
        ]
    if sample.is_end:
        raw["is_last"] = True
    return json.dumps(raw).encode() + b"\n"
