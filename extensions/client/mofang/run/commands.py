"""Build the command that a framework needs around the user's script.

Pure, but for looking whether the script and the framework are there.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mofang.run.settings import RunSettings

FRAMEWORKS = ("pytorch", "plain")

CANNOT_EXECUTE = 126
NOT_FOUND = 127


class CommandError(Exception):
    """The command cannot be run; says why, and with which exit code to end."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def build_command(
    framework: str, settings: RunSettings, command: Sequence[str]
) -> list[str]:
    """Return the arguments of the process to start.

    Raises:
        CommandError: The script or the framework is not in this container.
    """
    if framework == "plain":
        return list(command)
    script, *arguments = command
    check_script(script)
    if importlib.util.find_spec("torch") is None:
        raise CommandError(
            f"PyTorch is not installed for {sys.executable}. Choose an image that has "
            "it, such as that of the environment pytorch.",
            NOT_FOUND,
        )
    return [*_torchrun(settings), *_program(script), *arguments]


def check_script(script: str) -> None:
    """Refuse a script that is not there, before a framework hides the reason.

    Raises:
        CommandError: It is missing, not a file, or not readable.
    """
    path = Path(script)
    where = f"The working directory is {Path.cwd()}."
    try:
        is_file, exists = path.is_file(), path.exists()
    except OSError as error:
        raise CommandError(
            f"The script {script} cannot be reached: {error.strerror}. {where}",
            CANNOT_EXECUTE,
        ) from error
    if not exists:
        raise CommandError(
            f"There is no script {script}. {where} Jobs see your home, the project's "
            "directory and /global, and nothing else of the notebook.",
            NOT_FOUND,
        )
    if not is_file:
        raise CommandError(f"{script} is not a file. {where}", CANNOT_EXECUTE)
    if not os.access(path, os.R_OK):
        raise CommandError(
            f"The script {script} cannot be read by user {os.getuid()}. "
            "Change its permissions.",
            CANNOT_EXECUTE,
        )


def _torchrun(settings: RunSettings) -> list[str]:
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nnodes",
        str(settings.nodes),
        "--nproc_per_node",
        str(settings.processes_per_node),
        "--node_rank",
        str(settings.index),
        "--master_addr",
        settings.master,
        "--master_port",
        str(settings.master_port),
    ]


def _program(script: str) -> list[str]:
    # Only a path with a slash is run from here, and one that starts with a dash
    # would be taken for an option of torchrun.
    path = script if "/" in script else f"./{script}"
    if not script.endswith(".py") and os.access(path, os.X_OK):
        return ["--no_python", path]
    return [path]
