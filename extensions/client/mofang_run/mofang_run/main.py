"""``mofang-run``: run a job's command in this container, watched and recorded.

    mofang-run --framework pytorch -- train.py --epochs 3
    mofang-run --framework mpi --command -- ./simulate --steps 100

Ends with the command's exit code, 128 + n where signal n ended it. Own codes: 2 wrong
settings, 124 a peer was not found in time, 126 not runnable, 127 not found.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mofang_run.debug_hold import hold_for_debugging
from mofang_run.environments.directory import HOME_VARIABLE
from mofang_run.frameworks import load
from mofang_run.import_hints import explain_import
from mofang_run.job.declarations import DEFAULT_FRAMEWORK, FRAMEWORKS
from mofang_run.job.env_parsing import SettingsError
from mofang_run.job.program import Program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.job.results import result_environment
from mofang_run.job.scripts import explain_failure
from mofang_run.job.settings import TERMINATION_LOG, RunSettings
from mofang_run.metrics.samples import sampling
from mofang_run.process.child import StopPolicy, run_child
from mofang_run.process.exit_codes import (
    CANNOT_EXECUTE,
    NOT_FOUND,
    SIGNALLED,
    WRONG_SETTINGS,
    RefusalError,
    StoppedError,
)
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe, signal_name
from mofang_run.process.termination_message import write_termination_message
from mofang_run.setup import prepare
from mofang_run.setup.staging import staging

SHOWN_COMMAND = 1000
SHARED_UMASK = 0o002


class CommandLine(NamedTuple):
    """The arguments of ``mofang-run``."""

    framework: str
    command_argv: list[str]
    is_command: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line, run, return the exit code."""
    command_line = _parse(list(sys.argv[1:] if argv is None else argv))
    environment = {"PYTHONUNBUFFERED": "1", **os.environ}
    share_new_files(environment.get(HOME_VARIABLE, ""))
    try:
        settings = RunSettings.from_environment(environment)
    except SettingsError as error:
        output = ReplicaOutput(
            sys.stdout.fileno(), environment.get("MOFANG_LOG_FILE") or None
        )
        output.say(str(error))
        output.close()
        path = environment.get("MOFANG_TERMINATION_LOG", TERMINATION_LOG)
        write_termination_message(path, output.termination_message())
        return WRONG_SETTINGS
    output = ReplicaOutput(sys.stdout.fileno(), settings.log_file)
    with SignalPipe() as signals:
        code = run_replica(
            ReplicaContext(settings, environment, signals, output), command_line
        )
    write_termination_message(settings.termination_log, output.termination_message())
    output.close()
    return code


def share_new_files(home: str) -> None:
    """Let the owner of the home change what a job makes as another user.

    All containers have one group, and nobody else's mount the same directories.
    """
    try:
        owner = os.stat(home).st_uid  # noqa: PTH116 - a text, perhaps empty
    except OSError:
        return
    if owner != os.getuid():
        os.umask(SHARED_UMASK)


def run_replica(replica: ReplicaContext, command_line: CommandLine) -> int:
    """Set up, launch, watch, hold if asked to; return the exit code."""
    settings, say = replica.settings, replica.output.say
    if settings.attempt > 1:
        say(f"Attempt {settings.attempt} of {settings.replica} on {settings.node}.")
    replica.environment.update(result_environment(settings))
    try:
        prepared = prepare(
            replica, command_line.command_argv, is_command=command_line.is_command
        )
        launcher = load(command_line.framework)
        with launcher.launch(replica, prepared.program) as launch:
            replica.environment.update(launch.environment)
            with staging(replica, prepared.staged) as stage:
                say(
                    f"{settings.replica} started on {settings.node}: "
                    f"{shlex.join(launch.arguments)[:SHOWN_COMMAND]}"
                )
                with sampling(replica):
                    code = _watch(replica, launch, prepared.program)
                code = stage.finish(code)
                hold_for_debugging(replica, code)
    except RefusalError as error:
        report_failure = load(command_line.framework).report_failure
        if report_failure is not None:
            report_failure(settings, str(error))
        code = _abort(replica, str(error), error.exit_code)
        hold_for_debugging(replica, code)
    except StoppedError as error:
        name = signal_name(error.number)
        message = f"Stopped by {name} before the command was started."
        return _abort(replica, message, SIGNALLED + error.number)
    return code


def _watch(replica: ReplicaContext, launch: ProcessSpec, program: Program) -> int:
    start = time.monotonic()
    try:
        status = run_child(
            launch.arguments,
            replica.environment,
            replica.signals,
            replica.output,
            StopPolicy(
                is_over=launch.is_over,
                stop_delay_seconds=launch.stop_delay_seconds,
                output_watcher=launch.output_watcher,
                passes_on=launch.passes_on,
            ),
        )
    except (OSError, ValueError) as error:
        first, is_missing = launch.arguments[0], isinstance(error, FileNotFoundError)
        raise RefusalError(
            explain_failure(first, error),
            NOT_FOUND if is_missing else CANNOT_EXECUTE,
        ) from error
    seconds = time.monotonic() - start
    if status:
        _explain(replica, program)
    return _conclude(replica, status, seconds)


def _explain(replica: ReplicaContext, program: Program) -> None:
    """Say what to do about a failure whose cause is found in the script's files."""
    output = replica.output.termination_message().decode(errors="replace")
    with suppress(OSError):
        advice = explain_import(output, program, Path.cwd())
        if advice:
            replica.output.say(advice)


def _conclude(replica: ReplicaContext, status: int, seconds: float) -> int:
    name, ended = replica.settings.replica, f"after {seconds:.1f} s"
    if not os.WIFSIGNALED(status):
        code = os.WEXITSTATUS(status)
        replica.output.say(f"{name} ended with exit code {code} {ended}.")
        return code
    number = os.WTERMSIG(status)
    hint = ""
    if number == signal.SIGKILL:
        hint = " It probably ran out of memory."
    code = SIGNALLED + number
    replica.output.say(
        f"{name} was killed by {signal_name(number)} {ended}; exit code {code}.{hint}"
    )
    return code


def _abort(replica: ReplicaContext, message: str, code: int) -> int:
    replica.output.say(message)
    replica.output.say(f"{replica.settings.replica} ended with exit code {code}.")
    return code


def _parse(argv: list[str]) -> CommandLine:
    # Everything after the first -- is the user's and never ours to interpret.
    border = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(
        prog="mofang-run",
        usage="mofang-run [--framework F] [--command] -- SCRIPT [ARGUMENT ...]",
    )
    parser.add_argument("--framework", choices=[*FRAMEWORKS], default=DEFAULT_FRAMEWORK)
    parser.add_argument(
        "--command",
        action="store_true",
        help="run the words after -- as they are, not as a script and its arguments",
    )
    options = parser.parse_args(argv[:border])
    command_argv = argv[border + 1 :]
    if not command_argv:
        parser.error("there is nothing to run: give the script after --")
    return CommandLine(options.framework, command_argv, is_command=options.command)


if __name__ == "__main__":
    sys.exit(main())
