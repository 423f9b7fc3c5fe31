"""Whether a GPU works. Pure.

No value by itself tells. A CUDA context that nothing runs in takes memory; some
devices report full utilisation for days after a process of theirs was killed; the
utilisation of a moment misses what runs between two moments; and divided devices
report none.
"""

from __future__ import annotations

from mofang_run.metrics.gpu import GpuReading

IDLE_PERCENT = 1.0
"""Utilisation up to here is noise."""

EMPTY_BYTES = 64 * 1024**2
"""What a driver holds of a device that nobody uses, at most."""

CHANGED_BYTES = 16 * 1024**2
"""A program that allocates or frees this much does something."""

COOL_SHARE = 0.25
"""Of its power limit. Below it, an empty device does not work."""

HOT_SHARE = 0.5
"""Of its power limit. Devices without work draw less, with a context or without."""


def is_working(
    before: GpuReading | None, now: GpuReading, processes: int | None
) -> bool:
    """Say whether a device does something for this server.

    Args:
        before: The same device at the last moment; None if it is not known.
        now: The device.
        processes: Processes of this server that have a GPU open; None if that is not
            known.
    """
    if processes == 0:
        # It works for others, if it does.
        return False
    share = _power_share(now)
    if share is not None and share >= HOT_SHARE:
        return True
    if _has_changed(before, now):
        return True
    is_empty = now.used_bytes is not None and now.used_bytes <= EMPTY_BYTES
    is_cool = share is not None and share < COOL_SHARE
    if now.percent is None:
        return not (is_empty or is_cool)
    return now.percent > IDLE_PERCENT and not (is_empty and is_cool)


def _power_share(gpu: GpuReading) -> float | None:
    if gpu.watts is None or not gpu.limit_watts:
        return None
    return gpu.watts / gpu.limit_watts


def _has_changed(before: GpuReading | None, now: GpuReading) -> bool:
    if before is None or before.used_bytes is None or now.used_bytes is None:
        return False
    return abs(now.used_bytes - before.used_bytes) >= CHANGED_BYTES
