"""torchrun: how it is started, and ended when it waits in vain.

When a process of its own has failed, torchrun ends the others of this replica and says
so. Older versions (1.13) then wait five minutes for the other replicas, which know
nothing of it; the job only learns of the failure when torchrun has ended.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.program import Program
from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.process.child import OutputWatcher
from mofang_run.process.exit_codes import NOT_FOUND, RefusalError
from mofang_run.process.group import Child
from mofang_run.process.output import ReplicaOutput

DECLARATION = FRAMEWORKS["pytorch"]

EXIT_SECONDS = 5.0
"""How long torchrun may take to end after a failure."""

FAILED = 1
"""What torchrun ends with, whatever its processes ended with."""

_FAILURE = re.compile(
    rb"elastic[./]multiprocessing[./]api[^\n]*failed \(exitcode: -?\d+\)"
)
_LONGEST = 1024
_RESTARTS = "PET_MAX_RESTARTS"
"""torchrun reads its options from such variables too."""


def arguments(
    settings: RunSettings, program: Program, master: str, port: int
) -> list[str]:
    """Return the command that runs the program in this replica's processes.

    Args:
        settings: Of this replica.
        program: What each process runs.
        master: Host of the rendezvous.
        port: Port of the rendezvous.

    Raises:
        RefusalError: PyTorch is not there.
    """
    python = program.interpreter
    if python.find_package("torch") is None:
        raise RefusalError(
            f"PyTorch is not installed for {python.executable}. Choose an image that "
            f"has it, such as that of the environment {DECLARATION.environment}.",
            NOT_FOUND,
        )
    return [
        *python.module("torch.distributed.run"),
        *("--nnodes", str(settings.nodes)),
        *("--nproc_per_node", str(settings.processes_per_node)),
        *("--node_rank", str(settings.index)),
        *("--master_addr", master),
        *("--master_port", str(port)),
        # How often it looks whether its processes ended; the default of 5 seconds
        # would be added to each job's end.
        *("--monitor_interval", "0.5"),
        *_program(program),
    ]


def _program(program: Program) -> list[str]:
    """Return the words after torchrun's own options.

    It takes ``$local_rank`` and the like in arguments for macros. What it starts as it
    is, without Python, it does not look into.
    """
    words = program.after_python()
    if program.is_python:
        return [_literal(word) for word in words]
    return ["--no_python", words[0], *map(_literal, words[1:])]


def _literal(word: str) -> str:
    return word.replace("$", "$$")


def watch_failures(replica: ReplicaContext) -> OutputWatcher | None:
    """Return who ends a torchrun that waits; None where failures are no end."""
    if replica.environment.get(_RESTARTS, "0") != "0":
        return None
    return _FailureWatch(replica.output)


class _FailureWatch:
    """Ends torchrun some seconds after it said that a process of its own failed."""

    def __init__(
        self, output: ReplicaOutput, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._output = output
        self._clock = clock
        self._tail = b""
        self._failed: float | None = None

    def feed(self, chunk: bytes) -> None:
        """Look for its account of a failure."""
        if self._failed is None:
            heard = self._tail + chunk
            self._tail = heard[-_LONGEST:]
            if _FAILURE.search(heard):
                self._failed = self._clock()

    def exit_code(self, child: Child) -> int | None:
        """Give it its time; while it has processes left it does not wait for others."""
        if self._failed is None or self._clock() - self._failed < EXIT_SECONDS:
            return None
        if child.has_children():
            return None
        self._output.say(
            "Ended torchrun, which waited for other replicas after the failure here."
        )
        return FAILED
