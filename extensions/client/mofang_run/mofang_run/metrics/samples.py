"""Sample what the command uses, for charts and for the detection of hangs.

A thread of its own does it, so that neither a slow storage nor a slow driver holds up
the command's output; whatever goes wrong is said once and the job goes on. Each period
adds one line of JSON to the file beside the log file; what is not known is absent:

========================  ==============================================================
``version``               1
``run_id``                names this start of the wrapper
``attempt``               which start of the job
``period_seconds``        between samples
``time``                  Unix seconds by the node's clock
``uptime_seconds``        since this start, by a clock that nobody sets
``processes``             how many the command has
``cpu_seconds``           used so far
``memory_bytes``          in use
``io``                    sums so far: rchar, wchar, syscr, syscw,
                          read_bytes, write_bytes
``digest``                of every process's own counters
``unreadable_processes``  how many have counters that may not be read
``network``               bytes received and sent so far by eth0
``gpus``                  of each: number, percent, bytes used, bytes in
                          total, degrees Celsius; null if they do not answer
``is_last``               true in the last line of this start
========================  ==============================================================
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mofang_run.job.replica import ReplicaContext
from mofang_run.metrics.gpu import GpuReader
from mofang_run.metrics.processes import ProcessTree
from mofang_run.metrics.sample_file import SampleFile, sample_path
from mofang_run.metrics.usage import ContainerUsage
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError

VARIABLE = "MOFANG_SAMPLE_SECONDS"
PERIOD_SECONDS = 10.0
LONGEST_PERIOD_SECONDS = 3600.0

STOP_SECONDS = 2.0
"""How long the end of a job waits for its last sample, at most."""

VERSION = 1

_GPU_VALUES = 5
"""Of a ``GpuReading``: charts do without the power."""


@contextmanager
def sampling(replica: ReplicaContext) -> Iterator[None]:
    """Sample while the context lasts; nothing without a log file or with a period of 0.

    Raises:
        RefusalError: The period is none.
    """
    sampler = _make_sampler(replica, read_period(replica.environment))
    if sampler is None:
        yield
        return
    sampler.start()
    try:
        yield
    finally:
        sampler.stop()


def _make_sampler(replica: ReplicaContext, period: float) -> Sampler | None:
    log_file = replica.settings.log_file
    if log_file is None or not period:
        return None
    try:
        return Sampler(
            SampleFile(sample_path(log_file)),
            period_seconds=period,
            attempt=replica.settings.attempt,
            say=replica.output.say,
        )
    except OSError as error:
        replica.output.say(f"No samples are taken: {error}. The job goes on without.")
        return None


def read_period(environment: Mapping[str, str]) -> float:
    """Return the seconds between samples, 0 for none.

    Raises:
        RefusalError: The variable holds something else.
    """
    text = environment.get(VARIABLE) or str(PERIOD_SECONDS)
    try:
        period = float(text)
    except ValueError:
        period = math.nan
    if not 0 <= period <= LONGEST_PERIOD_SECONDS:
        raise RefusalError(
            f"{VARIABLE} must be a number of seconds from 0 to "
            f"{LONGEST_PERIOD_SECONDS:.0f}, not {text[:40]!r}.",
            WRONG_SETTINGS,
        )
    return period


class Sampler:
    """Writes a sample each period, in a thread.

    Args:
        file: Where to.
        period_seconds: More than 0.
        attempt: Which start of the job this is.
        say: Takes a sentence for the job's log.
        gpus: The devices' reader.

    Raises:
        OSError: The processes cannot be seen.
    """

    def __init__(
        self,
        file: SampleFile,
        *,
        period_seconds: float,
        attempt: int,
        say: Callable[[str], None],
        gpus: GpuReader | None = None,
    ) -> None:
        self._file = file
        self._period = period_seconds
        self._attempt = attempt
        self._say = say
        self._gpus = gpus or GpuReader()
        self._tree = ProcessTree(os.getpid())
        self._usage = ContainerUsage(
            self._tree.refresh().cpu_seconds + _collected_seconds()
        )
        self._run = uuid.uuid4().hex[:8]
        self._start = time.monotonic()
        self._cpu = 0.0
        self._collected = _collected_seconds()
        self._said: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._sample_on, name="samples", daemon=True
        )

    def start(self) -> None:
        """Begin with a first sample."""
        self._thread.start()

    def stop(self) -> None:
        """Take a last sample and end, in bounded time."""
        self._over.set()
        self._thread.join(STOP_SECONDS)

    def take(self) -> dict[str, Any]:
        """Measure once.

        Raises:
            OSError: The processes cannot be seen.
        """
        state = self._tree.refresh(self._gpus.pids)
        cpu = self._usage.cpu_seconds()
        if cpu is None:
            # Orphans are collected by this process, as is the command itself.
            cpu = state.cpu_seconds + _collected_seconds() - self._collected
        memory = self._usage.memory_bytes()
        # A process that nobody collects takes what it used with it.
        self._cpu = max(self._cpu, cpu)
        sample: dict[str, Any] = {
            "version": VERSION,
            "run_id": self._run,
            "attempt": self._attempt,
            "period_seconds": self._period,
            "time": round(time.time(), 3),
            "uptime_seconds": round(time.monotonic() - self._start, 3),
            "processes": state.count,
            "cpu_seconds": round(self._cpu, 3),
            "memory_bytes": state.resident_bytes if memory is None else memory,
            "io": state.io,
            "digest": state.digest,
        }
        if state.hidden:
            sample["unreadable_processes"] = state.hidden
        network = self._usage.network_bytes()
        if network is not None:
            sample["network"] = network
        return sample

    def _sample_on(self) -> None:
        due = self._start
        while True:
            is_over = self._over.wait(max(due - time.monotonic(), 0.0))
            due = max(due + self._period, time.monotonic())
            try:
                self._add(is_over=is_over)
            except OSError as error:
                reason = error.strerror or str(error)
                self._complain(
                    "file",
                    f"The file of samples {self._file.path} cannot be written: "
                    f"{reason}. The job goes on; its charts have a gap.",
                )
            except Exception as error:  # noqa: BLE001 - charts must not end a job
                self._complain(
                    "end",
                    f"No more samples are taken: {error!r}. The job goes on without.",
                )
                return
            if is_over:
                return

    def _add(self, *, is_over: bool) -> None:
        sample = self.take()
        if is_over:
            # The devices are not waited for: others wait for this job's end.
            sample["is_last"] = True
        else:
            gpus = self._gpus.read()
            if gpus is None or gpus:
                sample["gpus"] = gpus and [each[:_GPU_VALUES] for each in gpus]
            self._complain("gpus", self._gpus.complaint)
        self._file.append(json.dumps(sample, separators=(",", ":")).encode())

    def _complain(self, about: str, message: str) -> None:
        if message and about not in self._said:
            self._said.add(about)
            self._say(message)


def _collected_seconds() -> float:
    own = os.times()
    return own.children_user + own.children_system
