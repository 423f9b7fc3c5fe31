"""What the user wants run, and whether it is there to be run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mofang_run.job.interpreter import Interpreter
from mofang_run.job.scripts import check_first_line, is_run_by_python, launcher
from mofang_run.job.settings import Parameter
from mofang_run.process.exit_codes import CANNOT_EXECUTE, NOT_FOUND, RefusalError

NOTEBOOK_RUNNER = str(Path(__file__).with_name("notebook.py"))


@dataclass(frozen=True)
class Program:
    """A script or a command with everything of it settled."""

    argv: Sequence[str]
    """The script and its arguments, or a whole command."""

    interpreter: Interpreter
    """What runs it if it is Python's."""

    is_command: bool = False
    """Whether the words are run as they are."""

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """Hyper-parameters, inputs and outputs by name."""

    notebook_output: str | None = None
    """Where an executed notebook is left; None for nowhere."""

    @property
    def is_notebook(self) -> bool:
        """Whether papermill runs it."""
        return not self.is_command and self.argv[0].endswith(".ipynb")

    @property
    def is_python(self) -> bool:
        """Whether Python runs it, be it a script or a notebook."""
        if self.is_command:
            return False
        return is_run_by_python(_path(self.argv[0]))

    def arguments(self) -> list[str]:
        """Return the command of one process."""
        python = [self.interpreter.executable] if self.is_python else []
        return [*python, *self.after_python()]

    def after_python(self) -> list[str]:
        """Return the command without Python, where Python runs it."""
        if self.is_command:
            return [*self.argv, *self._options()]
        script, *arguments = self.argv
        if self.is_notebook:
            kept = self.notebook_output or ""
            return [NOTEBOOK_RUNNER, _path(script), kept, *self._notebook_options()]
        before = () if self.is_python else launcher(_path(script))
        return [*before, _path(script), *arguments, *self._options()]

    def _options(self) -> list[str]:
        return [f"--{name}={_text(value)}" for name, value in self.parameters.items()]

    def _notebook_options(self) -> list[str]:
        # papermill reads what follows -p as Python would, what follows -r as text.
        options: list[str] = []
        for name, value in self.parameters.items():
            options += ["-r" if isinstance(value, str) else "-p", name, str(value)]
        return options


def check_program(program: Program) -> None:
    """Refuse a script that cannot be run, before a framework hides the reason.

    Commands are looked for when they are started.

    Raises:
        RefusalError: It is missing, not a file, not readable, or nothing runs it.
    """
    if program.is_command:
        return
    check_script(program.argv[0])
    check_first_line(_path(program.argv[0]))
    if program.is_notebook and len(program.argv) > 1:
        raise RefusalError(
            f"The notebook {program.argv[0]} cannot be given the arguments "
            f"{' '.join(program.argv[1:])[:200]!r}: notebooks take hyper-parameters, "
            "which replace those of the cell tagged parameters.",
            CANNOT_EXECUTE,
        )


def check_script(script: str) -> None:
    """Refuse a script that is not there.

    Raises:
        RefusalError: It is missing, not a file, or not readable.
    """
    path = Path(script)
    where = f"The working directory is {Path.cwd()}."
    try:
        is_file, exists = path.is_file(), path.exists()
    except OSError as error:
        raise RefusalError(
            f"The script {script} cannot be reached: {error.strerror}. {where}",
            CANNOT_EXECUTE,
        ) from error
    if not exists:
        raise RefusalError(
            f"There is no script {script}. {where} Jobs see your home, the project's "
            "directory and /global, and nothing else of the notebook.",
            NOT_FOUND,
        )
    if not is_file:
        raise RefusalError(f"{script} is not a file. {where}", CANNOT_EXECUTE)
    if not os.access(path, os.R_OK):
        raise RefusalError(
            f"The script {script} cannot be read by user {os.getuid()}. "
            "Change its permissions.",
            CANNOT_EXECUTE,
        )


def _path(script: str) -> str:
    # Only a path with a slash is run from here, and one that starts with a dash
    # would be taken for an option.
    return script if "/" in script else f"./{script}"


def _text(value: Parameter) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
