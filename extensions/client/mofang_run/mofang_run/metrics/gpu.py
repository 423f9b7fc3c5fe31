"""The GPUs of this container, as ``nvidia-smi`` tells."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PROGRAM = "nvidia-smi"

FIELDS = (
    "index",
    "utilization.gpu",
    "memory.used",
    "memory.total",
    "temperature.gpu",
    "power.draw",
    "power.limit",
)

LIMIT_SECONDS = 5.0
"""How long it may take; the first call on an idle machine takes seconds."""

LIMIT_BYTES = 64 * 1024
MAX_GPUS = 64

MAX_FAILURES = 3
"""After so many failures in a row it is asked only now and then."""

PAUSE_PERIODS = 30

_MEBIBYTE = 1024**2


class GpuReading(NamedTuple):
    """One device; None for what it does not tell."""

    number: int
    percent: float | None
    """Of the last moments in which any of its kernels ran."""

    used_bytes: int | None
    total_bytes: int | None
    celsius: float | None
    watts: float | None = None
    """Drawn now, by the whole device where it is divided."""

    limit_watts: float | None = None
    """Drawn by a device that is in full use."""


def parse_gpus(text: str) -> tuple[GpuReading, ...]:
    """Read the program's lines, ``0, 97, 30011, 81559, 61, 643.20, 700.00`` each.

    Values in brackets, such as ``[N/A]`` or ``[Not Supported]``, are what a device
    does not tell.

    Raises:
        ValueError: It is not such lines: a message, most likely.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_GPUS:
        raise ValueError(f"{len(lines)} lines are too many")
    return tuple(map(_parse_line, lines))


def _parse_line(line: str) -> GpuReading:
    words = [word.strip() for word in line.split(",")]
    if len(words) != len(FIELDS) or not (words[0].isascii() and words[0].isdigit()):
        raise ValueError(f"{line[:80]!r} is not a line of a device")
    percent, used, total, celsius, watts, limit = map(_parse_value, words[1:])
    return GpuReading(
        number=int(words[0]),
        percent=percent,
        used_bytes=None if used is None else int(used * _MEBIBYTE),
        total_bytes=None if total is None else int(total * _MEBIBYTE),
        celsius=celsius,
        watts=watts,
        limit_watts=limit,
    )


def _parse_value(word: str) -> float | None:
    if word == "N/A" or (word.startswith("[") and word.endswith("]")):
        return None
    digits = word.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{word[:80]!r} is not a number")
    return float(word)


class GpuReader:
    """Asks for the state of all devices, in bounded time.

    Args:
        program: Name or path of ``nvidia-smi``.
        devices: Where devices show.
        limit_seconds: How long an answer may take.
    """

    def __init__(
        self,
        program: str = PROGRAM,
        devices: Path = Path("/dev"),
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._path = shutil.which(program)
        self._limit = limit_seconds
        self._failures = 0
        self._skips = 0
        self._hanging: subprocess.Popen[bytes] | None = None
        self.complaint = ""
        """A sentence once there is something to complain of; empty until then."""

        has_devices = (devices / "nvidiactl").exists()
        if self._path is None and has_devices:
            self.complaint = (
                f"{PROGRAM} is not in this image, so the use of its GPUs is not shown "
                "and no hang of theirs is found."
            )

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes of ours that are still there, which are not the command's."""
        return () if self._hanging is None else (self._hanging.pid,)

    def read(self) -> tuple[GpuReading, ...] | None:
        """Return the devices; empty if there are none, None if they do not answer."""
        if self._path is None:
            return ()
        if self._hanging is not None and self._hanging.poll() is not None:
            self._hanging = None
        if self._hanging is not None or self._skips > 0:
            self._skips -= 1
            return None
        try:
            readings = parse_gpus(self._ask([self._path, *_arguments()]))
        except (OSError, ValueError) as error:
            self._fail(error)
            return None
        self._failures = 0
        return readings

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        if self._failures < MAX_FAILURES:
            return
        self._skips = PAUSE_PERIODS
        self.complaint = (
            f"{PROGRAM} does not answer: {error}. The use of the GPUs is not shown "
            "while it does not."
        )

    def _ask(self, command: Sequence[str]) -> str:
        # Its path was found, and the words are ours.
        process = subprocess.Popen(  # noqa: S603
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            content = self._hear(process.stdout.fileno())
        finally:
            process.stdout.close()
            self._end(process)
        return content.decode("utf-8", "replace")

    def _hear(self, pipe: int) -> bytes:
        end, content = time.monotonic() + self._limit, b""
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise TimeoutError(f"it took more than {self._limit:.0f} s")
            chunk = os.read(pipe, LIMIT_BYTES)
            if not chunk:
                return content
            content += chunk
            if len(content) > LIMIT_BYTES:
                raise ValueError("it says too much")

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        # A driver in trouble makes it unkillable: it is left behind, not waited for.
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                self._hanging = process


def _arguments() -> Sequence[str]:
    fields = ",".join(FIELDS)
    return (f"--query-gpu={fields}", "--format=csv,noheader,nounits")
