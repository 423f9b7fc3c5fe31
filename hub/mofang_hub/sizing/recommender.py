"""Suggest a size by the peaks of earlier starts. Pure.

The method is the moving window of Google's Autopilot (Rzadca and others, EuroSys 2020):
a signal is kept as its peak per window, the limit follows the windows that are not too
old, and a margin is added. Memory, of which too little kills, follows the highest peak;
CPU, of which too little slows down, the highest average of some minutes. Here a window
is a start, since a server gets its size when it starts. How far apart the peaks are
widens the margin: who does something else each day gets more room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import log
from statistics import stdev

from mofang_hub.sizing.settings import SizingSettings

FEWEST_STARTS = 3
"""Fewer say nothing."""

_AT_LIMIT = 0.97
"""Of its memory: who came so near might have used more."""

_BEYOND_LIMIT = 1.2
"""By which the peak of such a start counts as higher, as Kubernetes' VPA does."""

_SPREADS = 1.0
"""Standard deviations of the peaks' logarithms that are added as a margin."""

_STEP = Decimal("0.25")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPeaks:
    """What one start used at the most, and what it had."""

    memory_bytes: int
    cpu_cores: float
    memory_limit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the next start is likely to need."""

    memory_gib: Decimal
    cpu_cores: Decimal
    starts: int
    """That it follows from."""

    peak_memory_bytes: int
    peak_cpu_cores: float


def suggest(peaks: Sequence[StartPeaks], settings: SizingSettings) -> Suggestion | None:
    """Return what the next start is likely to need; None after too few.

    Args:
        peaks: Of starts, the newest first.
        settings: How many of them count, and the margin.
    """
    window = peaks[: settings.starts]
    if len(window) < FEWEST_STARTS:
        return None
    memory = [_memory(each) for each in window]
    cpu = [each.cpu_cores for each in window]
    margin = settings.margin_percent / 100
    return Suggestion(
        memory_gib=_round_gib(max(memory) * (1 + margin + _spread(memory)) / 1024**3),
        cpu_cores=_round_cores(max(cpu) * (1 + margin)),
        starts=len(window),
        peak_memory_bytes=max(each.memory_bytes for each in window),
        peak_cpu_cores=max(cpu),
    )


def _memory(start: StartPeaks) -> float:
    is_at_limit = start.memory_bytes >= _AT_LIMIT * start.memory_limit_bytes > 0
    return start.memory_bytes * (_BEYOND_LIMIT if is_at_limit else 1)


def _spread(values: Sequence[float]) -> float:
    return _SPREADS * stdev(log(max(each, 1)) for each in values)


def _round_gib(gib: float) -> Decimal:
    """Round up to what people choose: quarters."""
    return max(_up(Decimal(gib), _STEP), _STEP)


def _round_cores(cores: float) -> Decimal:
    return max(_up(Decimal(cores), _STEP), _STEP)


def _up(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).to_integral_value(ROUND_CEILING) * step
