"""``mofang-run``: run a job's command in this container, watched and recorded.

    mofang-run --framework pytorch -- train.py --epochs 3

Ends with the command's exit code, 128 + n where signal n ended it. Own codes: 2 wrong
settings, 124 replica 0 was not found, 126 not runnable, 127 not found.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence

from mofang.run.child import run_child
from mofang.run.commands import (
    CANNOT_EXECUTE,
    FRAMEWORKS,
    NOT_FOUND,
    CommandError,
    build_command,
)
from mofang.run.last_words import leave_last_words
from mofang.run.output import Output
from mofang.run.rendezvous import MasterNotFoundError, StoppedError, wait_for_master
from mofang.run.settings import TERMINATION_LOG, RunSettings, SettingsError
from mofang.run.signals import SignalPipe, signal_name

WRONG_SETTINGS = 2
TIMED_OUT = 124
SIGNALLED = 128

SHOWN_COMMAND = 1000


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line, run, return the exit code."""
    framework, command = _parse(list(sys.argv[1:] if argv is None else argv))
    environment = {"PYTHONUNBUFFERED": "1", **os.environ}
    try:
        settings = RunSettings.from_environment(environment)
    except SettingsError as error:
        output = Output(sys.stdout.fileno(), environment.get("MOFANG_LOG_FILE") or None)
        output.say(str(error))
        output.close()
        path = environment.get("MOFANG_TERMINATION_LOG", TERMINATION_LOG)
        leave_last_words(path, output.last_words())
        return WRONG_SETTINGS
    output = Output(sys.stdout.fileno(), settings.log_file)
    with SignalPipe() as signals:
        code = _Run(settings, environment, signals, output).run(framework, command)
    leave_last_words(settings.termination_log, output.last_words())
    output.close()
    return code


class _Run:
    """One replica's run, from its working directory to its exit code."""

    def __init__(
        self,
        settings: RunSettings,
        environment: dict[str, str],
        signals: SignalPipe,
        output: Output,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._signals = signals
        self._output = output

    def run(self, framework: str, command: list[str]) -> int:
        settings, say = self._settings, self._output.say
        try:
            self._enter(settings.working_directory)
            arguments = build_command(framework, settings, command)
            if framework != "plain" and settings.nodes > 1:
                wait_for_master(settings.master, self._signals, self._output)
            say(
                f"{settings.replica} started on {settings.node}: "
                f"{shlex.join(arguments)[:SHOWN_COMMAND]}"
            )
            return self._watch(arguments)
        except CommandError as error:
            return self._give_up(str(error), error.exit_code)
        except MasterNotFoundError as error:
            return self._give_up(str(error), TIMED_OUT)
        except StoppedError as error:
            name = signal_name(error.number)
            return self._give_up(
                f"Stopped by {name} before the command was started.",
                SIGNALLED + error.number,
            )

    def _enter(self, directory: str | None) -> None:
        if directory is None:
            return
        try:
            os.chdir(directory)
        except OSError as error:
            raise CommandError(
                f"The working directory {directory} cannot be entered: "
                f"{error.strerror}. Create it, or choose another.",
                WRONG_SETTINGS,
            ) from error
        # Programs that ask the shell's variable must not be told the old place.
        self._environment["PWD"] = directory

    def _watch(self, arguments: list[str]) -> int:
        start = time.monotonic()
        try:
            status = run_child(
                arguments, self._environment, self._signals, self._output
            )
        except (OSError, ValueError) as error:
            is_missing = isinstance(error, FileNotFoundError)
            raise CommandError(
                f"{arguments[0]} cannot be started: {error}.",
                NOT_FOUND if is_missing else CANNOT_EXECUTE,
            ) from error
        return self._conclude(status, time.monotonic() - start)

    def _conclude(self, status: int, seconds: float) -> int:
        name, ended = self._settings.replica, f"after {seconds:.1f} s"
        if not os.WIFSIGNALED(status):
            code = os.WEXITSTATUS(status)
            self._output.say(f"{name} ended with exit code {code} {ended}.")
            return code
        number = os.WTERMSIG(status)
        hint = ""
        if number == signal.SIGKILL:
            hint = " Most often it used more memory than the job asked for."
        code = SIGNALLED + number
        self._output.say(
            f"{name} was killed by {signal_name(number)} {ended}; exit code {code}."
            f"{hint}"
        )
        return code

    def _give_up(self, sentence: str, code: int) -> int:
        self._output.say(sentence)
        self._output.say(f"{self._settings.replica} ended with exit code {code}.")
        return code


def _parse(argv: list[str]) -> tuple[str, list[str]]:
    # Everything after the first -- is the user's and never ours to interpret.
    border = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(
        prog="mofang-run", usage="mofang-run [--framework F] -- SCRIPT [ARGUMENT ...]"
    )
    parser.add_argument("--framework", choices=FRAMEWORKS, default="pytorch")
    options: dict[str, str] = vars(parser.parse_args(argv[:border]))
    command = argv[border + 1 :]
    if not command:
        parser.error("there is nothing to run: give the script after --")
    return options["framework"], command


if __name__ == "__main__":
    sys.exit(main())
