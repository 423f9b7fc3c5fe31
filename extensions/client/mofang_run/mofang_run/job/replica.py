"""What the steps of one replica's run share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mofang_run.job.settings import RunSettings
from mofang_run.process.child import OutputWatcher
from mofang_run.process.output import Output
from mofang_run.process.signals import SignalPipe


@dataclass(frozen=True)
class Replica:
    """This container: its settings, and what every step may use."""

    settings: RunSettings
    environment: dict[str, str]
    """Of the command to be started. Steps before it add to it."""

    signals: SignalPipe
    output: Output


@dataclass(frozen=True)
class Launch:
    """The process that a framework wants started in this replica."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it needs beside the replica's own."""

    is_over: Callable[[], bool] | None = None
    """Asked each second: a yes ends the process, and the replica well. None for a
    process that ends by itself."""

    stop_delay_seconds: float = 0.0
    """How long a signal to end is kept from it, since it serves others that got the
    signal too and want to end in order."""

    output_watcher: OutputWatcher | None = None
    """Judges by the output whether the process has to be ended; None for nobody."""

    passes_on: bool = False
    """Whether it tells processes in groups of their own to end when it is told."""
