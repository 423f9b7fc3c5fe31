"""When a server is idle, and since when. Pure.

What is not known counts as activity: who is not sure does not stop a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mofang_training.activity.gpu_work import is_working
from mofang_training.activity.samples import ActivitySample

_SHOWN = 3
"""Names in one reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What is too little to be work."""

    window_seconds: float = 180.0
    """Rates are means over the last so many seconds."""

    cpu_cores: float = 0.05
    """As for jobs, where less is no computing."""

    io_bytes_per_second: float = 4 * 1024
    received_bytes_per_second: float = 16 * 1024
    """Pages that are left open ask for less."""

    gap_seconds: float = 120.0
    """Of a longer time between two samples nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityState:
    """Of a server, at the time of its last sample."""

    idle_since: float | None = None
    """By the samples' clock; None while something happens."""

    reasons: tuple[str, ...] = ("the server has just started",)
    """What happens, or what happened last."""

    @property
    def is_active(self) -> bool:
        return self.idle_since is None

    def idle_seconds(self, now: float) -> float:
        """Return for how long nothing has happened; 0 while something does."""
        return 0.0 if self.idle_since is None else max(now - self.idle_since, 0.0)


def classify_activity(
    samples: Sequence[ActivitySample],
    thresholds: Thresholds = Thresholds(),
    before: ActivityState = ActivityState(),
) -> ActivityState:
    """Say whether something happens, or since when nothing does.

    Args:
        samples: The last ones, in their order.
        thresholds: What is too little to be work.
        before: The answer at the last but one of the samples.
    """
    if len(samples) < 2:  # noqa: PLR2004 - an interval has two ends
        return ActivityState()
    reasons = tuple(_reasons(samples, thresholds))
    if reasons:
        return ActivityState(reasons=reasons)
    if before.is_active:
        return ActivityState(idle_since=samples[-2].at, reasons=before.reasons)
    return before


def _reasons(
    samples: Sequence[ActivitySample], thresholds: Thresholds
) -> Iterator[str]:
    """Yield what happened between the last two samples."""
    before, now = samples[-2:]
    if not 0 < now.at - before.at <= thresholds.gap_seconds:
        yield "nothing was measured for a while"
        return
    if names := _names(before.busy_kernels, now.busy_kernels):
        yield f"a kernel is busy: {names}"
    if names := _names(before.foreground, now.foreground):
        yield f"a program runs in a terminal: {names}"
    if now.events - before.events:
        yield "a kernel or a terminal printed or was used"
    if now.requests != before.requests:
        yield "files or sessions were changed"
    yield from _rates(samples, thresholds)
    yield from _gpus(before, now)


def _rates(samples: Sequence[ActivitySample], thresholds: Thresholds) -> Iterator[str]:
    now = samples[-1]
    first = next(
        each for each in samples if now.at - each.at <= thresholds.window_seconds
    )
    if first is now:
        first = samples[-2]
    seconds = now.at - first.at
    window = samples[samples.index(first) :]
    if _rate([each.cpu_seconds for each in window], seconds) >= thresholds.cpu_cores:
        yield "processes compute"
    moved = _rate([each.io_bytes for each in window], seconds)
    if moved >= thresholds.io_bytes_per_second:
        yield "processes read or write"
    received = [each.received_bytes for each in window]
    # A server without a network of its own receives nothing.
    if received[-1] is not None or received[0] is not None:
        rate = _rate(received, seconds)
        if rate >= thresholds.received_bytes_per_second:
            yield "data is received by the network"


def _rate(counters: Sequence[float | None], seconds: float) -> float:
    """Return a mean per second; infinite if it is not known.

    A counter falls where a process ends and takes what it used with it.
    """
    grown = 0.0
    for before, now in pairwise(counters):
        if before is None or now is None:
            return float("inf")
        grown += max(now - before, 0.0)
    return grown / seconds


def _gpus(before: ActivitySample, now: ActivitySample) -> Iterator[str]:
    if now.gpus is None:
        yield "the GPUs do not answer"
        return
    known = {each.number: each for each in before.gpus or ()}
    working = [
        each.number
        for each in now.gpus
        if is_working(known.get(each.number), each, now.gpu_processes)
    ]
    if working:
        yield f"GPU {', '.join(map(str, working))} works"


def _names(*found: Sequence[str]) -> str:
    names = list(dict.fromkeys(name for each in reversed(found) for name in each))
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
