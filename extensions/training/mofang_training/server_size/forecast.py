"""When memory runs out, if it grows on as it does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import linear_regression
from typing import NamedTuple

WINDOW_SECONDS = 120.0
"""What is older says nothing of how memory grows now."""

_FEWEST_SECONDS = 30.0
_FEWEST = 5
"""Samples."""

HORIZON_SECONDS = 600.0
"""What is further away is not foretold."""

_LEAST_SHARE = 0.5
"""Of the limit: below, growth is how programs begin."""

_URGENT_SHARE = 0.95
"""Of the limit: above, it is said whether memory grows or not."""


class MemorySample(NamedTuple):
    """One moment."""

    at: float
    """Seconds of a steady clock."""
    used_bytes: int


def forecast_exhaustion(
    samples: Sequence[MemorySample], limit_bytes: int
) -> float | None:
    """Return in how many seconds memory runs out; None if nothing says that it will.

    Args:
        samples: The oldest first.
        limit_bytes: Of the container.
    """
    if not samples or limit_bytes <= 0:
        return None
    last = samples[-1]
    left = max(limit_bytes - last.used_bytes, 0)
    window = [each for each in samples if last.at - each.at <= WINDOW_SECONDS]
    rate = _growth(window)
    if rate > 0 and last.used_bytes >= _LEAST_SHARE * limit_bytes:
        seconds = left / rate
        return seconds if seconds <= HORIZON_SECONDS else None
    return None


def is_nearly_full(samples: Sequence[MemorySample], limit_bytes: int) -> bool:
    """Whether so much is used that a little more is too much."""
    return bool(samples) and samples[-1].used_bytes >= _URGENT_SHARE * limit_bytes > 0


def _growth(window: Sequence[MemorySample]) -> float:
    """Return bytes per second; 0 where it did not grow throughout."""
    if len(window) < _FEWEST or window[-1].at - window[0].at < _FEWEST_SECONDS:
        return 0.0
    middle = window[len(window) // 2].used_bytes
    if not window[0].used_bytes < middle < window[-1].used_bytes:
        # A step that is over is no growth.
        return 0.0
    slope, _ = linear_regression(
        [each.at for each in window], [each.used_bytes for each in window]
    )
    return max(slope, 0.0)
