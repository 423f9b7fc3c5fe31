"""Run programs with their output in a log, and say on stderr what goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mofang_images.errors import CommandError, HostError

GRACE_SECONDS = 10.0
"""For a program to end by itself, once it was asked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLog:
    """A file that gathers the output of one build's programs."""

    path: Path

    def run(
        self,
        what: str,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run a program to its end.

        ``what`` completes "Could not …" in the sentence of a failure; ``env`` is
        added to the environment.

        Args:
            what: For the error.
            command: Program and arguments.
            cwd: None for the current directory.
            env: None for this process's.

        Raises:
            CommandError: The program failed.
            HostError: The program is not installed.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as log:
            log.write(f"$ {' '.join(str(word) for word in command)}\n".encode())
            log.flush()
            code = _run_group(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if code != 0:
            raise CommandError(what, code, self.path)


def _run_group(command: Sequence[str | Path], **settings: Any) -> int:
    """Run a program to its end, and end it with all it started when we are ended."""
    try:
        process = subprocess.Popen(  # noqa: S603 - our own commands, no shell.
            command, start_new_session=True, **settings
        )
    except FileNotFoundError as err:
        raise HostError(missing(str(command[0]))) from err
    with process:
        try:
            return process.wait()
        except BaseException:
            _end_group(process)
            raise


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        # What the program started may outlive it.
        os.killpg(process.pid, signal.SIGKILL)


def end_on_signals() -> None:
    """Leave on SIGTERM and SIGHUP as on Ctrl-C: tidily, and with what we started."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, leave)


def succeeds(command: Sequence[str | Path]) -> bool:
    """Tell whether a program ends well; its output is of no interest."""
    try:
        return (
            subprocess.run(  # noqa: S603 - our own commands, no shell.
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ).returncode
            == 0
        )
    except FileNotFoundError as err:
        raise HostError(missing(str(command[0]))) from err


def output(command: Sequence[str | Path]) -> str:
    """Return what a program prints, or nothing when it fails."""
    try:
        return subprocess.run(  # noqa: S603 - our own commands, no shell.
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ).stdout
    except FileNotFoundError as err:
        raise HostError(missing(str(command[0]))) from err


def missing(program: str) -> str:
    """Say that a program is not there, and how to get it."""
    return f"The program {program} is missing; on Debian: apt-get install {program}."


def report(message: str) -> None:
    """Tell the person waiting how far the work is."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - the progress display.


@contextmanager
def step(message: str) -> Iterator[None]:
    """Report a step when it begins, and how long it took when it ended well."""
    report(f"{message} …")
    began = time.monotonic()
    yield
    report(f"{message}: {time.monotonic() - began:.1f} s")
