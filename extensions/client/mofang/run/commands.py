"""Build the command that a framework needs around the user's script.

Pure, but for looking whether the script and the framework are there.
"""

from __future__ import annotations

import importlib.metadata
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
    return [
        *_torchrun(settings),
        *_repairs(find_version("torch"), sys.version_info[:2]),
        *_program(script),
        *arguments,
    ]


def find_version(package: str) -> str:
    """Return the version of a package, or nothing where it does not tell."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


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
        # How often it looks whether its processes ended; the default of 5 seconds
        # would be added to each job's end.
        "--monitor_interval",
        "0.5",
    ]


def _repairs(torch: str, python: tuple[int, ...]) -> list[str]:
    # torchrun 1.x cannot read its own defaults with Python 3.11 and later, where a
    # flag's empty value is no longer found by looping: it ends with "'NoneType'
    # object has no attribute 'get'". Naming one local rank avoids the default; the
    # highest that can be named is the one least likely to be there. Remove once no
    # image has Debian 12's PyTorch.
    if torch.startswith("1.") and python >= (3, 11):
        return ["--redirects", "9:1", "--tee", "9:1"]
    return []


def _program(script: str) -> list[str]:
    # Only a path with a slash is run from here, and one that starts with a dash
    # would be taken for an option of torchrun.
    path = script if "/" in script else f"./{script}"
    if not script.endswith(".py") and os.access(path, os.X_OK):
        return ["--no_python", path]
    return [path]
