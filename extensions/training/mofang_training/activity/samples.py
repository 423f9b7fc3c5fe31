"""What a server does at one moment, as it is measured."""

from __future__ import annotations

from dataclasses import dataclass

from mofang_run.metrics.gpu import GpuReading


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySample:
    """One moment of a server; counters count from its start."""

    at: float
    """Seconds of a clock that nobody sets."""

    busy_kernels: tuple[str, ...] = ()
    """Notebooks, or else kernels, whose kernel executes: also one that sleeps, waits
    for an input, or stands at a breakpoint."""

    foreground: tuple[str, ...] = ()
    """Programs that run in the foreground of terminals."""

    events: frozenset[tuple[str, str]] = frozenset()
    """Of each kernel and terminal, when it last did or printed something."""

    requests: int = 0
    """Changes that were asked for, such as to save a file."""

    cpu_seconds: float | None = 0.0
    """Used by all processes but the server's own; None if it is not known."""

    io_bytes: int | None = 0
    """Moved by the same."""

    received_bytes: int | None = 0
    """By the network, the server's own traffic included; None without a network."""

    gpus: tuple[GpuReading, ...] | None = ()
    """Empty where there are none; None if they do not answer."""

    gpu_processes: int | None = 0
    """Processes that have a GPU open; None if it is not known."""
