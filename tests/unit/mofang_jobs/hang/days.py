"""Days of samples, spliced from the recordings in ``tests/data/health``; see there."""

from __future__ import annotations

import dataclasses
import gzip
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from mofang_jobs.adapters.sample_files import parse_samples
from mofang_jobs.domain.samples import GpuSample, Sample

RECORDINGS = Path(__file__).parents[3] / "data" / "health"

PERIOD = 10.0
DAY_SAMPLES = int(24 * 3600 / PERIOD)
SHORTEST_PIECE = 60

HONEST = ("computing", "distributed", "in_memory", "preparation", "tasks")
"""Recordings of jobs that make progress all the time."""

UtilisationModel = Callable[[random.Random, float], float]
"""Makes up a GPU's utilisation from a die and the cores in use."""


@cache
def recording(name: str) -> tuple[Sample, ...]:
    """Return a recording, stretched to the period of real jobs.

    The first seconds, in which packages are loaded, are left out.
    """
    content = gzip.decompress((RECORDINGS / f"{name}.jsonl.gz").read_bytes())
    file = parse_samples(content)
    assert not file.bad_lines
    found = [each for each in file.samples if not each.is_end]
    scale = PERIOD / found[0].period
    return tuple(
        dataclasses.replace(
            each,
            period=PERIOD,
            up=each.up * scale,
            cpu=each.cpu * scale,
        )
        for each in found[30:]
    )


def splice(seed: int, names: Sequence[str] = HONEST) -> list[Sample]:
    """Return a day of pieces of recordings, in random order and from random cuts."""
    dice = random.Random(seed)
    day: list[Sample] = []
    while len(day) < DAY_SAMPLES:
        whole = recording(dice.choice(names))
        start = dice.randrange(len(whole) - SHORTEST_PIECE)
        length = dice.randint(SHORTEST_PIECE, len(whole) - start)
        _join(day, whole[start : start + length])
    return day[:DAY_SAMPLES]


def _join(day: list[Sample], piece: Sequence[Sample]) -> None:
    up, cpu = (day[-1].up + PERIOD, day[-1].cpu) if day else (0.0, 0.0)
    mark = len(day)
    day += [
        dataclasses.replace(
            each,
            run="day",
            up=each.up - piece[0].up + up,
            time=1.76e9 + each.up - piece[0].up + up,
            cpu=each.cpu - piece[0].cpu + cpu,
            # What was the same within the piece stays the same.
            digest=f"{mark}-{each.digest}"[:32],
        )
        for each in piece
    ]


def with_gpu(day: Sequence[Sample], seed: int, model: UtilisationModel) -> list[Sample]:
    """Return the day with a GPU whose utilisation is made up."""
    dice = random.Random(seed)
    found = []
    for before, after in zip([day[0], *day], day, strict=False):
        cores = (after.cpu - before.cpu) / max(after.up - before.up, 1.0)
        percent = round(min(max(model(dice, cores), 0.0), 100.0))
        gpu = GpuSample(0, percent, 3e10, 8e10, 60.0)
        found.append(dataclasses.replace(after, gpus=(gpu,)))
    return found


def hang(
    day: Sequence[Sample], at: int, length: int, *, percent: float, cores: float
) -> list[Sample]:
    """Return the end of a day that hangs from a moment on."""
    last = day[at]
    stopped = [
        dataclasses.replace(
            last,
            up=last.up + number * PERIOD,
            time=last.time + number * PERIOD,
            cpu=last.cpu + number * PERIOD * cores,
            gpus=tuple(
                dataclasses.replace(gpu, percent=percent) for gpu in last.gpus or ()
            ),
        )
        for number in range(1, length + 1)
    ]
    return [*day[max(at - 400, 0) : at + 1], *stopped]
