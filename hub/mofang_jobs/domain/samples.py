"""What the wrapper measured in a replica, checked and within bounds.

The line format is told in ``mofang_run.metrics.samples``. Users may write these files,
so a line is believed only for what it is: what cannot be is refused, what is out of
bounds is brought within them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from mofang_jobs.domain.log_paths import LogName

VERSION = 1

MAX_COUNT = 2**63 - 1
MAX_GPUS = 64
MAX_RUN = 32

# From the year 2000 to 2100: whatever a clock says, it is a date.
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0

_IO_FIELDS = 6
_GPU_FIELDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledReplica:
    """A replica whose samples are looked at, and what it was given."""

    name: LogName
    cores: float | None = None
    """None for no limit."""

    memory_bytes: int | None = None
    """None for no limit."""

    gpus: int = 0

    @property
    def label(self) -> str:
        """What people call it: ``worker-1``."""
        return f"{self.name.role}-{self.name.index}"


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One device; None for what it does not tell."""

    number: int
    percent: float | None
    used_bytes: float | None
    total_bytes: float | None
    celsius: float | None


@dataclass(frozen=True, slots=True)
class IoCounters:
    """Sums over all processes since the start."""

    read_chars: int
    write_chars: int
    read_calls: int
    write_calls: int
    read_bytes: int
    write_bytes: int

    @property
    def read(self) -> int:
        """Bytes read by calls, or from disks where mapped files are read without."""
        return max(self.read_chars, self.read_bytes)

    @property
    def written(self) -> int:
        """Bytes written, likewise."""
        return max(self.write_chars, self.write_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One moment of one replica."""

    run: str
    """Names the wrapper's start; counters go on within it only."""

    attempt: int
    period: float
    """Seconds between samples, as they were taken."""

    time: float
    """Unix seconds by the node's clock, which may be wrong."""

    up: float
    """Seconds since the start, by a clock that nobody sets."""

    processes: int
    cpu: float
    """Seconds used so far."""

    memory: int
    io: IoCounters
    digest: str
    """Unlike the one before if any process moved a byte, began or ended."""

    network: tuple[int, int] | None
    """Bytes received and sent so far."""

    gpus: tuple[GpuSample, ...] | None
    """Empty if there are none; None if they did not answer."""

    is_end: bool
    """Whether the command has ended."""


class BadSampleError(ValueError):
    """A line is no sample."""


def parse_sample(line: bytes) -> Sample:
    """Read a line.

    Raises:
        BadSampleError: It is none.
    """
    try:
        raw = json.loads(line, parse_constant=_refuse)
        if not isinstance(raw, dict) or raw.get("version") != VERSION:
            raise BadSampleError("it is not an object of this version")
        return _sample(raw)
    except (KeyError, TypeError, ValueError, RecursionError) as err:
        raise BadSampleError(str(err)[:200]) from err


def _sample(raw: dict[str, Any]) -> Sample:
    network = raw.get("network")
    return Sample(
        run=_text(raw["run_id"]),
        attempt=_count(raw["attempt"]),
        period=max(_number(raw["period_seconds"], 86_400.0), 0.001),
        time=max(_number(raw["time"], LATEST), EARLIEST),
        up=_number(raw["uptime_seconds"], 1e10),
        processes=_count(raw["processes"]),
        cpu=_number(raw["cpu_seconds"], 1e12),
        memory=_count(raw["memory_bytes"]),
        io=IoCounters(*map(_count, _list(raw["io"], _IO_FIELDS))),
        digest=_text(raw["digest"]),
        network=_pair(network) if network is not None else None,
        gpus=_gpus(raw.get("gpus", [])),
        is_end=raw.get("is_last") is True,
    )


def _gpus(raw: Any) -> tuple[GpuSample, ...] | None:
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) > MAX_GPUS:
        raise BadSampleError("its GPUs are not a list")
    found = []
    for each in raw:
        number, *values = _list(each, _GPU_FIELDS)
        percent, used, total, celsius = (
            None if value is None else _number(value, high)
            for value, high in zip(values, (100.0, 1e15, 1e15, 1e3), strict=True)
        )
        found.append(GpuSample(_count(number), percent, used, total, celsius))
    return tuple(found)


def _pair(raw: Any) -> tuple[int, int]:
    received, sent = map(_count, _list(raw, 2))
    return received, sent


def _list(raw: Any, length: int) -> list[Any]:
    if not isinstance(raw, list) or len(raw) != length:
        raise BadSampleError("a list is of the wrong length")
    return raw


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_RUN:
        raise BadSampleError("a name is not valid")
    return raw


def _number(raw: Any, high: float) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise BadSampleError("a number is not valid")
    if not math.isfinite(raw):
        raise BadSampleError("a number is not finite")
    return float(min(max(raw, 0.0), high))


def _count(raw: Any) -> int:
    if type(raw) is not int:
        raise BadSampleError("a count is not valid")
    return min(max(raw, 0), MAX_COUNT)


def _refuse(constant: str) -> None:
    raise BadSampleError(f"{constant} is not a number")
