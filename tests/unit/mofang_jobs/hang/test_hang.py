from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.mofang_jobs.hang.conftest import SETTINGS, Part, name_of, samples_of

from mofang_jobs.domain.hang_rule import Health, ReplicaSamples, detect_hang
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.samples import SampledReplica

QUIET = SETTINGS.idle_periods

WORK = Part(60, talks=True, cores=1.0)
SPIN = [[100.0]]
UNUSED = [[0.0]]


def wavering(seed: int, low: int = 60, high: int = 99) -> list[list[float]]:
    dice = random.Random(seed)
    return [[float(dice.randint(low, high)) for _ in range(997)]]


@pytest.mark.parametrize(
    ("silence", "gpus", "health"),
    [
        pytest.param(Part(QUIET), 0, Health.HUNG, id="idle without a GPU hangs"),
        pytest.param(
            Part(QUIET, cores=0.9), 0, Health.ALIVE, id="computing without I/O lives"
        ),
        pytest.param(
            Part(QUIET, cores=0.02), 0, Health.HUNG, id="timers alone are no computing"
        ),
        pytest.param(
            Part(QUIET, cores=1.0, gpus=SPIN), 1, Health.HUNG, id="spinning NCCL hangs"
        ),
        pytest.param(Part(QUIET, gpus=UNUSED), 1, Health.HUNG, id="idle GPUs hang"),
        pytest.param(
            Part(QUIET, cores=1.0, gpus=UNUSED),
            1,
            Health.ALIVE,
            id="computing on the CPU of a GPU replica lives",
        ),
        pytest.param(
            Part(QUIET, cores=1.0, gpus=wavering(1)),
            1,
            Health.ALIVE,
            id="a GPU that wavers works",
        ),
        pytest.param(
            Part(QUIET, cores=1.0, gpus=[[100.0, 99.0]]),
            1,
            Health.HUNG,
            id="one per cent up and down is no work",
        ),
        pytest.param(
            Part(QUIET, gpus=[[100.0], wavering(2)[0]]),
            2,
            Health.ALIVE,
            id="one working GPU of two keeps the job alive",
        ),
        pytest.param(
            Part(QUIET, gpus=[[100.0], [0.0]]), 2, Health.HUNG, id="all are steady"
        ),
        pytest.param(
            Part(QUIET - 1, gpus=SPIN), 1, Health.ALIVE, id="a silence too short"
        ),
        pytest.param(
            Part(QUIET, talks=True, gpus=SPIN), 1, Health.ALIVE, id="I/O is life"
        ),
        pytest.param(
            Part(QUIET, cores=0.01, gpus=[[None]]),
            1,
            Health.UNKNOWN,
            id="a GPU that tells nothing",
        ),
        pytest.param(Part(QUIET), 1, Health.UNKNOWN, id="a GPU that is not seen"),
        pytest.param(
            Part(QUIET, gpus=[[100.0, None, 100.0]]),
            1,
            Health.HUNG,
            id="a reading is missed",
        ),
    ],
)
def test_the_rule(trace, silence, gpus, health):
    # The last sample with I/O begins the silence.
    work = dataclasses.replace(WORK, gpus=wavering(3) * len(silence.gpus))

    verdict = detect_hang([trace(work, silence, gpus=gpus)], SETTINGS)

    assert verdict.health is health, verdict.message


def test_a_change_of_level_is_work(trace):
    """Medians differ while each window is as steady as a hang's."""
    half = SETTINGS.gpu_window
    parts = (Part(half + 20, gpus=[[40.0]]), Part(half, gpus=[[80.0]]))

    assert detect_hang([trace(*parts, gpus=1)], SETTINGS).health is Health.ALIVE


def test_a_change_of_variance_is_work(trace):
    half = SETTINGS.gpu_window
    parts = (Part(half + 20, gpus=[[50.0]]), Part(half, gpus=[[48.0, 50.0, 52.0]]))

    assert detect_hang([trace(*parts, gpus=1)], SETTINGS).health is Health.ALIVE


def test_equal_wavering_in_both_windows_is_work(trace):
    """A steady loop has the same median and variance all the time."""
    quiet = Part(90, gpus=[[70.0, 80.0, 90.0]])

    assert detect_hang([trace(quiet, gpus=1)], SETTINGS).health is Health.ALIVE


def test_one_replica_that_does_io_keeps_the_job_alive(trace):
    hung, alive = Part(90), Part(90, talks=True)

    verdict = detect_hang(
        [trace(hung, label="worker-0"), trace(alive, label="worker-1")], SETTINGS
    )

    assert verdict.health is Health.ALIVE
    assert verdict.replicas == ("worker-1",)


def test_a_replica_that_computes_keeps_the_waiting_ones_alive(trace):
    verdict = detect_hang(
        [trace(Part(90)), trace(Part(90, cores=1.0), label="worker-1")], SETTINGS
    )

    assert verdict.health is Health.ALIVE


def test_traffic_is_io_and_keep_alives_are_not(trace):
    """A replica that streams its data reads by sockets, which no counter shows."""
    streaming = trace(Part(90, network=10e6), gpus=0)
    heartbeats = trace(Part(90, network=2e3), gpus=0)

    assert detect_hang([streaming], SETTINGS).health is Health.ALIVE
    assert detect_hang([heartbeats], SETTINGS).health is Health.HUNG
    deaf = HangSettings(network_bytes_per_second=None)
    assert detect_hang([streaming], deaf).health is Health.HUNG


def test_little_use_of_few_cores_is_computing(trace):
    """A replica that was given a twentieth of a core cannot use more."""
    quiet = Part(90, cores=0.03)

    assert detect_hang([trace(quiet)], SETTINGS).health is Health.HUNG
    assert detect_hang([trace(quiet, cores=0.05)], SETTINGS).health is Health.ALIVE


def test_the_strict_rule_never_asks_the_cpu_of_a_gpu_replica(trace):
    quiet = Part(90, cores=1.0, gpus=UNUSED)
    strict = HangSettings(gpu_idle_percent=-1.0)

    assert detect_hang([trace(quiet, gpus=1)], strict).health is Health.HUNG


@pytest.mark.parametrize(
    ("age", "samples", "output"),
    [
        pytest.param(None, 90, "watched for too short", id="not yet seen growing"),
        pytest.param(3600.0, 90, "no new sample for 3600 s", id="stale"),
        pytest.param(0.0, 0, "has left no samples", id="wrapper off"),
    ],
)
def test_what_is_not_known_is_no_hang(trace, age, samples, output):
    healthy = trace(Part(90), label="worker-0")
    missing = trace(Part(samples), label="worker-1", age=age)

    verdict = detect_hang([healthy, missing], SETTINGS)

    assert verdict.health is Health.UNKNOWN
    assert output in verdict.message
    assert "worker-1" in verdict.message


def test_an_active_replica_outweighs_what_is_not_known(trace):
    known, unknown = trace(Part(90, talks=True)), trace(label="worker-1", age=None)

    assert detect_hang([unknown, known], SETTINGS).health is Health.ALIVE


def test_a_job_without_running_replicas_is_not_judged():
    assert detect_hang([], SETTINGS).health is Health.UNKNOWN


def test_replicas_whose_command_has_ended_are_passed_over(trace):
    ended = trace(Part(90, talks=True))
    last = dataclasses.replace(ended.samples[-1], is_end=True)
    ended = dataclasses.replace(ended, samples=[*ended.samples, last])

    assert detect_hang([ended], SETTINGS).health is Health.UNKNOWN
    verdict = detect_hang([ended, trace(Part(90), label="worker-1")], SETTINGS)
    assert verdict.health is Health.HUNG
    assert verdict.replicas == ("worker-1",)


def test_clocks_that_differ_by_hours_do_not_matter(trace):
    early = trace(Part(90), label="worker-0", clock=1_000_000_000.0)
    late = trace(Part(90), label="worker-1", clock=2_000_000_000.0)

    assert detect_hang([early, late], SETTINGS).health is Health.HUNG


def test_a_clock_that_is_set_does_not_matter(trace):
    found = trace(WORK, Part(90))
    samples = [
        dataclasses.replace(each, time=each.time - 7200 * (number > 100))
        for number, each in enumerate(found.samples)
    ]

    verdict = detect_hang([dataclasses.replace(found, samples=samples)], SETTINGS)

    assert verdict.health is Health.HUNG
    assert verdict.quiet_seconds == 900.0


def test_longer_periods_of_the_replica_make_the_rule_slower(trace):
    parts = (WORK, Part(QUIET - 1))

    assert detect_hang([trace(*parts, period=60.0)], SETTINGS).health is Health.ALIVE


def test_shorter_periods_of_the_replica_do_not_make_the_rule_hastier(trace):
    parts = (WORK, Part(QUIET))

    assert detect_hang([trace(*parts, period=1.0)], SETTINGS).health is Health.ALIVE


def test_the_sentence_says_what_is_quiet_since_when_and_what_to_do(trace):
    first = trace(WORK, Part(60, gpus=SPIN), label="worker-1", gpus=1)
    second = trace(WORK, Part(20, talks=True, gpus=SPIN), Part(40, gpus=SPIN), gpus=1)

    verdict = detect_hang([first, second], SETTINGS)

    assert verdict.message == (
        "The job seems to hang: no process of all 2 replicas has read or written "
        "anything for 6 minutes (since 09:06 UTC), and its GPUs stay at 100 %, as in "
        "a wait for another replica. The first to become idle: worker-1, 3 minutes "
        "before the last. Look at the log, or open a shell there and run `py-spy dump "
        "--pid` on the script's process to see where it waits; cancel and rerun the "
        "job if it does not go on."
    )
    assert verdict.since is not None
    assert verdict.quiet_seconds == 400.0


@given(st.data())
def test_io_within_the_quiet_time_is_always_life(data):
    """Whatever GPUs and CPU do, and whenever it was."""
    level = data.draw(st.sampled_from([0.0, 50.0, 100.0]))
    since = data.draw(st.integers(0, QUIET - 1))
    cores = data.draw(st.floats(0, 4))
    samples = samples_of(
        Part(40, gpus=[[level]]),
        Part(1, talks=True, gpus=[[level]]),
        Part(since, cores=cores, gpus=[[level]]),
    )
    found = ReplicaSamples(
        replica=SampledReplica(name=name_of(), gpus=1),
        samples=samples,
        age_seconds=0.0,
    )

    assert detect_hang([found], SETTINGS).health is Health.ALIVE


@pytest.mark.parametrize(
    "changes",
    [
        {"gpu_window": 16},
        {"gpu_window": 0},
        {"sample_seconds": 0.0},
        {"stale_periods": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match="must"):
        HangSettings(**changes)
