"""Run one command to its end: pass its output and our signals on, reap everything."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mofang.run.output import Output
from mofang.run.signals import FORWARDED, SignalPipe, signal_name

CHUNK_BYTES = 64 * 1024

DRAIN_SECONDS = 5.0
"""How long processes that outlive the command may still write."""


class Child:
    """A process in a group of its own, whose output comes through one pipe."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the command.

        Raises:
            OSError: It cannot be started.
        """
        self.status: int | None = None
        """As ``waitpid`` tells it; None while the process lives."""

        self.pipe, theirs = os.pipe()
        try:
            self.pid = os.posix_spawnp(
                command[0],
                list(command),
                dict(environment),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, theirs, 1),
                    (os.POSIX_SPAWN_DUP2, theirs, 2),
                ],
                setpgroup=0,
                # Python ignores these two, and ignoring is inherited.
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
        except OSError:
            os.close(self.pipe)
            raise
        finally:
            os.close(theirs)

    def send(self, number: int) -> None:
        """Send a signal to the command and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def reap(self) -> None:
        """Collect ended processes, those of others that fell to us included."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self.status = status


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    signals: SignalPipe,
    output: Output,
    *,
    drain_seconds: float = DRAIN_SECONDS,
) -> int:
    """Run the command and return its status as ``waitpid`` tells it.

    Raises:
        OSError: It could not be started.
    """
    child = Child(command, environment)
    deadline: float | None = None
    is_open = True
    with selectors.DefaultSelector() as selector:
        selector.register(signals, selectors.EVENT_READ)
        selector.register(child.pipe, selectors.EVENT_READ)
        while child.status is None or is_open:
            if child.status is not None and deadline is None:
                deadline = time.monotonic() + drain_seconds
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                _end_stragglers(child, output)
                break
            for key, _ in selector.select(left):
                if key.fileobj is signals:
                    _obey(child, signals, output)
                elif not _copy(child.pipe, output):
                    selector.unregister(child.pipe)
                    is_open = False
    os.close(child.pipe)
    assert child.status is not None  # noqa: S101 - the loop's condition
    return child.status


def _obey(child: Child, signals: SignalPipe, output: Output) -> None:
    for number in signals.take():
        if number in FORWARDED:
            output.say(f"Received {signal_name(number)} and passed it on.")
            child.send(number)
    child.reap()


def _copy(pipe: int, output: Output) -> bool:
    chunk = os.read(pipe, CHUNK_BYTES)
    output.write(chunk)
    return bool(chunk)


def _end_stragglers(child: Child, output: Output) -> None:
    child.send(signal.SIGKILL)
    os.set_blocking(child.pipe, False)
    with suppress(BlockingIOError):
        while _copy(child.pipe, output):
            pass
    output.say("Ended processes that the command had left behind.")
