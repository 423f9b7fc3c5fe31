"""Set a replica up for its command, one module per step.

The order matters: code before the working directory, that before requirements, which
may be named relative to it, and inputs and outputs last, as copying takes longest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mofang_run.job.program import Program
from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.setup.data_paths import resolve_data_paths
from mofang_run.setup.interpreter import choose_interpreter
from mofang_run.setup.requirements import install_requirements
from mofang_run.setup.snapshot import Relocation, unpack_snapshot
from mofang_run.setup.staging import Staged


@dataclass(frozen=True)
class Prepared:
    """The result of the setup."""

    program: Program
    staged: tuple[Staged, ...]


def prepare(
    replica: ReplicaContext, argv: Sequence[str], *, is_command: bool
) -> Prepared:
    """Run all steps and enter the working directory.

    Args:
        replica: This container; its environment is added to.
        argv: Script or command, then its arguments.
        is_command: Whether ``argv`` is run as it is.

    Raises:
        RefusalError: Something is not there, or cannot be made.
        StoppedError: A signal came meanwhile.
    """
    settings = replica.settings
    relocation = unpack_snapshot(replica)
    _enter(replica, relocation)
    interpreter = choose_interpreter(replica)
    interpreter = install_requirements(replica, relocation, interpreter)
    data_paths = resolve_data_paths(replica)
    script, *arguments = argv
    if not is_command:
        script = relocation.moved(settings.at_home(script))
    return Prepared(
        program=Program(
            argv=[script, *arguments],
            interpreter=interpreter,
            is_command=is_command,
            parameters={**settings.parameters, **data_paths.parameters},
            notebook_output=_notebook_output(settings),
        ),
        staged=data_paths.staged,
    )


def _enter(replica: ReplicaContext, relocation: Relocation) -> None:
    directory = replica.settings.working_directory
    if directory is None:
        if not relocation.target:
            return
        directory = relocation.target
    directory = relocation.moved(directory)
    try:
        os.chdir(directory)
    except OSError as error:
        raise RefusalError(
            f"The working directory {directory} cannot be entered: "
            f"{error.strerror}. Create it, or choose another.",
            WRONG_SETTINGS,
        ) from error
    # For programs that read the shell's variable.
    replica.environment["PWD"] = directory


def _notebook_output(settings: RunSettings) -> str | None:
    """Return where the executed notebook is kept: where its owner can open it."""
    # Replicas may all run the notebook; the first of a role speaks for it.
    if settings.log_file is None or settings.index:
        return None
    folder = Path(settings.home, ".mofang", "notebooks")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # The job is not the worse for it.
        return None
    return str(folder / Path(settings.log_file).with_suffix(".ipynb").name)
