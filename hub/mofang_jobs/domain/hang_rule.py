"""Whether a job hangs, by a rule of two stages. Pure.

**First stage: I/O.** While any process of any replica moves bytes, begins or ends, the
job lives. Only when no counter of any process has changed for ``idle_periods`` is the
second stage asked.

**Second stage: computing.** Two consecutive windows are compared, both the newest and
both within the silence. If median and variance of every GPU's utilisation are the same
in both, the GPUs do no work. Windows from before the silence are no measure: a job that
begins to hang always differs from what it was, so a comparison with them would never
find one. A wait inside NCCL, which spins at a constant 100 %, is found by this as well
as GPUs at 0 %. GPUs at 0 % say only that they are not used: then, and in replicas
without GPUs, CPU time decides. Who computes without I/O lives, who idles hangs.

Every replica must be silent and without work; one that works keeps the job alive.

What is not known is never a hang. Clocks of nodes are not compared with each other
or with ours: a silence is measured within one replica by a clock that nobody sets, and
whether samples still come is for the caller to say (``ReplicaSamples.age_seconds``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median, pvariance

from mofang_jobs.domain.hang_messages import hang_message, name_some
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.idle_periods import IdlePeriod, trailing_idle_period
from mofang_jobs.domain.samples import Sample, SampledReplica


class Health(StrEnum):
    """What is known of a job's progress."""

    ALIVE = "alive"
    HUNG = "hung"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSamples:
    """What is known of one running replica."""

    replica: SampledReplica
    samples: Sequence[Sample]
    """Of its newest start, oldest first, without gaps."""

    age_seconds: float | None
    """By our clock, since the newest sample was first seen; None if the file was not
    yet seen growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangVerdict:
    """What the rule says of a job."""

    health: Health
    message: str
    """For the user; of a living job, what shows it."""

    since: datetime | None = None
    """When a hung job fell silent, by the clock of the node that did so last."""

    quiet_seconds: float = 0.0
    """For how long nothing of it did I/O."""

    replicas: tuple[str, ...] = ()
    """Those that the sentence speaks of."""


def detect_hang(
    traces: Sequence[ReplicaSamples], settings: HangSettings
) -> HangVerdict:
    """Return the verdict on a job of these running replicas.

    Replicas whose command has ended are passed over.
    """
    running = [each for each in traces if not _has_ended(each)]
    if not running:
        return _unknown("No replica of the job runs a command.")
    known = {each.replica.label: _known_silence(each, settings) for each in running}
    idle_periods = {
        name: each for name, each in known.items() if isinstance(each, IdlePeriod)
    }
    talking = [
        name
        for name, each in idle_periods.items()
        if each.seconds < settings.quiet_seconds(each.period)
    ]
    if talking:
        return HangVerdict(
            health=Health.ALIVE,
            message=f"Of {name_some(talking)}, processes read or write.",
            quiet_seconds=min(each.seconds for each in idle_periods.values()),
            replicas=tuple(talking),
        )
    excuses = [each for each in known.values() if isinstance(each, str)]
    if excuses:
        return _unknown(f"Whether the job hangs is not known: {excuses[0]}")
    return _second_stage(running, idle_periods, settings)


def _has_ended(trace: ReplicaSamples) -> bool:
    return bool(trace.samples) and trace.samples[-1].is_end


def _known_silence(trace: ReplicaSamples, settings: HangSettings) -> IdlePeriod | str:
    """Return how long a replica has been silent, or why that is not known."""
    name = trace.replica.label
    if not trace.samples:
        return (
            f"{name} has left no samples. They begin with its command; with "
            "MOFANG_SAMPLE_SECONDS=0 there are none."
        )
    if trace.age_seconds is None:
        return f"{name} has been watched for too short a time."
    if trace.age_seconds > settings.stale_seconds(trace.samples[-1].period):
        return (
            f"{name} has left no new sample for {trace.age_seconds:.0f} s. Its node or "
            "its storage may be in trouble."
        )
    return trailing_idle_period(trace.samples, settings)


def _second_stage(
    traces: Sequence[ReplicaSamples],
    idle_periods: dict[str, IdlePeriod],
    settings: HangSettings,
) -> HangVerdict:
    quiet = min(each.seconds for each in idle_periods.values())
    excuse = ""
    for trace in traces:
        name = trace.replica.label
        work = _work(trace.replica, idle_periods[name], settings)
        if work.is_observed:
            return HangVerdict(
                health=Health.ALIVE,
                message=f"{name} computes: {work.reason}.",
                quiet_seconds=quiet,
                replicas=(name,),
            )
        excuse = excuse or ("" if work.is_known else f"{name}: {work.reason}.")
    if excuse:
        return _unknown(f"Whether the job hangs is not known: {excuse}")
    last = min(idle_periods.values(), key=lambda each: each.seconds)
    return HangVerdict(
        health=Health.HUNG,
        message=hang_message(idle_periods, settings),
        since=last.began,
        quiet_seconds=quiet,
        replicas=tuple(idle_periods),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What the second stage finds in one replica."""

    reason: str
    is_observed: bool = False
    is_known: bool = True
    peak: float = 0.0
    """Highest utilisation of the GPU, in percent."""


def _work(
    replica: SampledReplica, idle_period: IdlePeriod, settings: HangSettings
) -> _Work:
    newest = idle_period.samples[-2 * settings.gpu_window :]
    if len(newest) < 2 * settings.gpu_window:
        return _Work(reason="it has left too few samples", is_known=False)
    numbers = sorted({gpu.number for each in newest for gpu in each.gpus or ()})
    if len(numbers) < replica.gpus:
        return _Work(reason="its GPUs cannot be read", is_known=False)
    found = [_gpu_work(newest, number, settings) for number in numbers]
    # Work that is seen outweighs what is not known of another device.
    ordered = sorted(found, key=lambda each: (not each.is_observed, each.is_known))
    if ordered and (ordered[0].is_observed or not ordered[0].is_known):
        return ordered[0]
    peak = max((each.peak for each in found), default=0.0)
    if found and (peak > settings.gpu_idle_percent or settings.gpu_idle_percent < 0):
        return _Work(reason="its GPUs do no work")
    return _cpu_work(replica, newest, settings)


def _gpu_work(samples: Sequence[Sample], number: int, settings: HangSettings) -> _Work:
    windows = _windows(samples, number, settings)
    if windows is None:
        reason = f"the utilisation of its GPU {number} cannot be read"
        return _Work(reason=reason, is_known=False)
    if not _is_steady(*windows, settings):
        reason = f"the utilisation of its GPU {number} changes"
        return _Work(reason=reason, is_observed=True)
    return _Work(reason="", peak=max(*windows[0], *windows[1]))


def _windows(
    samples: Sequence[Sample], number: int, settings: HangSettings
) -> tuple[list[float], list[float]] | None:
    """Return two windows of one GPU's utilisation; None if too little is known."""
    halves = (samples[: settings.gpu_window], samples[settings.gpu_window :])
    before, after = (
        [
            gpu.percent
            for each in half
            for gpu in each.gpus or ()
            if gpu.number == number and gpu.percent is not None
        ]
        for half in halves
    )
    # A reading may be missed now and then, but most must be there.
    least = (settings.gpu_window + 1) // 2
    return (before, after) if min(len(before), len(after)) >= least else None


def _is_steady(
    before: Sequence[float], after: Sequence[float], settings: HangSettings
) -> bool:
    variances = pvariance(before), pvariance(after)
    return (
        abs(median(before) - median(after)) <= settings.median_tolerance
        and abs(variances[0] - variances[1]) <= settings.variance_tolerance
        and max(variances) <= settings.steady_variance
    )


def _cpu_work(
    replica: SampledReplica, samples: Sequence[Sample], settings: HangSettings
) -> _Work:
    idle = settings.cpu_idle_cores
    if replica.cores is not None:
        idle = min(idle, replica.cores * settings.cpu_idle_share)
    middle = settings.gpu_window
    cores = max(_cores(samples[: middle + 1]), _cores(samples[middle:]))
    if cores >= idle:
        return _Work(reason=f"it uses {cores:.2f} cores", is_observed=True)
    return _Work(reason="it idles")


def _cores(samples: Sequence[Sample]) -> float:
    first, last = samples[0], samples[-1]
    return (last.cpu - first.cpu) / max(last.up - first.up, 0.001)


def _unknown(message: str) -> HangVerdict:
    return HangVerdict(health=Health.UNKNOWN, message=message)
