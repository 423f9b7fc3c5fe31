"""Samples CPU and memory of this container, for forecasts and for the hub's reports."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mofang_run.metrics.usage import ContainerUsage
from mofang_run.process.cgroup import memory_bytes
from mofang_training.server_size.forecast import (
    WINDOW_SECONDS,
    MemorySample,
    forecast_exhaustion,
    is_nearly_full,
)

if TYPE_CHECKING:
    from mofang_api.models.activity import ResourceUse

SAMPLE_SECONDS = 5.0


class ContainerReader(Protocol):
    """The container's control group."""

    def cpu_seconds(self) -> float | None:
        """Return CPU time that was used; None if it is not known."""

    def memory_bytes(self) -> int | None:
        """Return memory in use; None if it is not known."""


@dataclass(slots=True)
class _Window:
    """What was used since the last report that the hub took."""

    began: float
    cpu_began: float
    until: float
    cpu: float
    peak: int = 0
    memory_seconds: float = 0.0


class ResourceMonitor:
    """Runs from the start of a server to its end.

    Args:
        log: The server's.
        usage: What is measured; the container's by default.
        limit: Returns the container's memory.
        clock: Steady seconds.
    """

    def __init__(
        self,
        log: logging.Logger,
        *,
        usage: ContainerReader | None = None,
        limit: Callable[[], int] = memory_bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._usage = usage or ContainerUsage(0.0)
        self._read_limit = limit
        self._clock = clock
        self._samples: deque[MemorySample] = deque(
            maxlen=int(WINDOW_SECONDS / SAMPLE_SECONDS) + 1
        )
        self._window: _Window | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; ``stop`` it."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def used_bytes(self) -> int | None:
        """Memory in use; None if it is not known."""
        return self._samples[-1].used_bytes if self._samples else None

    def limit_bytes(self) -> int:
        """Return the container's memory, as it is now."""
        return self._read_limit()

    def runs_out_in(self) -> float | None:
        """Return seconds until memory runs out; None if nothing says that it will."""
        return forecast_exhaustion(list(self._samples), self.limit_bytes())

    def is_nearly_full(self) -> bool:
        """Whether so much memory is used that a little more is too much."""
        return is_nearly_full(list(self._samples), self.limit_bytes())

    def sample(self) -> None:
        """Measure once."""
        memory, cpu, now = (
            self._usage.memory_bytes(),
            self._usage.cpu_seconds(),
            self._clock(),
        )
        if memory is None or cpu is None:
            return
        self._samples.append(MemorySample(now, memory))
        if self._window is None:
            self._window = _Window(began=now, cpu_began=cpu, until=now, cpu=cpu)
        window = self._window
        window.memory_seconds += memory * (now - window.until)
        window.until, window.cpu = now, cpu
        window.peak = max(window.peak, memory)

    def use(self) -> ResourceUse | None:
        """Return what was used since ``restart``; None where nothing was measured."""
        # The start-up time of every server counts.
        from mofang_api.models.activity import ResourceUse  # noqa: PLC0415

        window = self._window
        if window is None or window.until <= window.began:
            return None
        seconds = window.until - window.began
        return ResourceUse(
            seconds=seconds,
            cpu_seconds=max(window.cpu - window.cpu_began, 0.0),
            memory_bytes=self.used_bytes or 0,
            memory_mean_bytes=round(window.memory_seconds / seconds),
            memory_peak_bytes=window.peak,
        )

    def restart(self) -> None:
        """Count anew: the hub has taken what ``use`` returned."""
        if (window := self._window) is not None:
            self._window = _Window(
                began=window.until,
                cpu_began=window.cpu,
                until=window.until,
                cpu=window.cpu,
                peak=self.used_bytes or 0,
            )

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.sample)
            except Exception:  # noqa: BLE001 - it is logged, and tried again
                # The server goes on; what is not measured is not reported.
                self._log.exception("CPU and memory of this server cannot be measured")
            await asyncio.sleep(SAMPLE_SECONDS)
