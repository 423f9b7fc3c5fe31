"""What the steps of one replica's run share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mofang_run.job.settings import RunSettings
from mofang_run.process.child import OutputWatcher
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe


@dataclass(frozen=True)
class ReplicaContext:
    """This container: its settings, and what every step may use."""

    settings: RunSettings
    environment: dict[str, str]
    """Of the command to be started. Steps before it add to it."""

    signals: SignalPipe
    output: ReplicaOutput


@dataclass(frozen=True)
class ProcessSpec:
    """The process that a framework wants started in this replica."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it needs beside the replica's own."""

    is_over: Callable[[], bool] | None = None
    """Called each second; True ends the process, and the replica succeeds. None for a
    process that ends by itself."""

    stop_delay_seconds: float = 0.0
    """How long SIGTERM is withheld from it, since it serves other replicas that got the
    signal too and end in order."""

    output_watcher: OutputWatcher | None = None
    """Decides by the output whether the process has to be killed."""

    passes_on: bool = False
    """Whether it forwards SIGTERM to the process groups it has created."""
