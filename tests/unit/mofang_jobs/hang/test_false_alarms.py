"""A day of recorded traces: no false alarms, and injected hangs found in time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from unit.mofang_jobs.hang.conftest import SETTINGS, name_of
from unit.mofang_jobs.hang.days import (
    DAY_SAMPLES,
    PERIOD,
    hang,
    recording,
    splice,
    with_gpu,
)

from mofang_jobs.domain.hang_rule import (
    HangVerdict,
    Health,
    ReplicaSamples,
    detect_hang,
)
from mofang_jobs.domain.samples import Sample, SampledReplica

WINDOW = 400
"""About as many samples as the service reads of a file's end."""

IN_TIME_SECONDS = SETTINGS.quiet_seconds(PERIOD) + PERIOD
"""A hang that begins right after a sample is silent from the next one on."""


def verdict_at(samples: Sequence[Sample], end: int, gpus: int = 0) -> HangVerdict:
    trace = ReplicaSamples(
        replica=SampledReplica(name=name_of(), gpus=gpus),
        samples=samples[max(end - WINDOW, 0) : end],
        age_seconds=0.0,
    )
    return detect_hang([trace], SETTINGS)


def verdicts(samples: Sequence[Sample], gpus: int = 0) -> list[HangVerdict]:
    """Judge after each sample, as nobody has to."""
    return [verdict_at(samples, end, gpus) for end in range(1, len(samples) + 1)]


def works_hard(dice: random.Random, cores: float) -> float:
    """Near its limit, with the dips of data that is fetched."""
    return 100.0 - abs(dice.gauss(0, 4))


def works_in_bursts(dice: random.Random, cores: float) -> float:
    return dice.choice([0.0, 35.0, 98.0])


def waits_for_the_cpu(dice: random.Random, cores: float) -> float:
    """Used while the CPU idles, and unused while the CPU prepares."""
    return 0.0 if cores > 0.3 else dice.uniform(20, 95)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_day_of_honest_work_raises_no_alarm(seed):
    found = verdicts(splice(seed))

    assert Counter(each.health for each in found) == {Health.ALIVE: DAY_SAMPLES}
    # The day is no easy one: many a time only the second stage saves the job.
    quiet = [each for each in found if each.quiet_seconds >= 300]
    assert len(quiet) > DAY_SAMPLES / 50


@pytest.mark.parametrize("model", [works_hard, works_in_bursts, waits_for_the_cpu])
def test_a_day_of_honest_work_with_gpus_raises_no_alarm(model):
    """The I/O and the CPU time are recorded, the utilisation is made up."""
    day = with_gpu(splice(4), 4, model)

    found = verdicts(day, gpus=1)

    assert Counter(each.health for each in found) == {Health.ALIVE: DAY_SAMPLES}


@pytest.mark.parametrize(
    ("has_gpu", "percent", "cores"),
    [
        pytest.param(False, 0.0, 0.0, id="a lock, without a GPU"),
        pytest.param(False, 0.0, 0.02, id="a lock, with timers"),
        pytest.param(True, 0.0, 0.0, id="a lock, GPUs idle"),
        pytest.param(True, 100.0, 1.0, id="a spinning collective"),
    ],
)
def test_hangs_at_any_moment_of_a_day_are_found_in_time(has_gpu, percent, cores):
    dice = random.Random(5)
    day = with_gpu(splice(5), 5, works_hard) if has_gpu else splice(5)
    late = []
    for _ in range(100):
        at = dice.randrange(1, DAY_SAMPLES)
        samples = hang(day, at, 60, percent=percent, cores=cores)
        begin = len(samples) - 60
        found = next(
            number
            for number in range(1, 61)
            if verdict_at(samples, begin + number, int(has_gpu)).health is Health.HUNG
        )
        late.append(found * PERIOD)

    assert max(late) <= IN_TIME_SECONDS
    # None of them was an alarm that would have come anyway.
    assert min(late) > 2 * PERIOD


def test_a_recorded_deadlock_of_two_ranks_is_found_in_time():
    """One rank of a real torchrun with gloo waits for a lock, the other for it."""
    samples = recording("stuck")
    digests = [each.digest for each in samples]
    last = max(n for n in range(1, len(samples)) if digests[n] != digests[n - 1])

    found = verdicts(samples)

    hung = [number for number, each in enumerate(found) if each.health is Health.HUNG]
    assert hung[0] - last <= SETTINGS.idle_periods + 1
    assert all(each.health is Health.ALIVE for each in found[: hung[0]])


def test_what_no_rule_of_this_kind_can_tell_apart():
    """Saturated without a pause and without a word for five minutes: as in a hang.

    Such a job needs more quiet periods, or a line of log now and then.
    """
    day = with_gpu(splice(6, ["computing"]), 6, lambda dice, cores: 100.0)

    assert Health.HUNG in {each.health for each in verdicts(day, gpus=1)}
