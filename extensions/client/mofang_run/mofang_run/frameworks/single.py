"""One container, one program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import Launch, Replica


@contextmanager
def launch(replica: Replica, program: Program) -> Iterator[Launch]:  # noqa: ARG001
    """Run the program as it is."""
    check_program(program)
    yield Launch(program.arguments())
