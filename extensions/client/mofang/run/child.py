"""Run one command to its end: pass its output and our signals on, reap everything."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from mofang.run.signals import ENDING, FORWARDED, SignalPipe, signal_name

CHUNK_BYTES = 64 * 1024

DRAIN_SECONDS = 5.0
"""How long processes that outlive the command may still write."""

ASK_SECONDS = 1.0
KILL_SECONDS = 10.0
"""How long a child whose time is over may take to end."""


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
                _find(command[0], environment),
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


def _find(program: str, environment: Mapping[str, str]) -> str:
    """Return the program that the child's own PATH leads to, not ours."""
    if "/" in program:
        return program
    return shutil.which(program, path=environment.get("PATH")) or program


class Sink(Protocol):
    """Where a child's output goes."""

    def write(self, chunk: bytes) -> None:
        """Take bytes of the child."""

    def say(self, sentence: str) -> None:
        """Take a sentence of ours."""


@dataclass(frozen=True)
class Term:
    """When a child ends, beside by itself."""

    is_over: Callable[[], bool] | None = None
    """Asked each second; a yes ends the child, which counts as a good end."""

    linger_seconds: float = 0.0
    """How long a signal to end is kept from it."""

    drain_seconds: float = DRAIN_SECONDS


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    signals: SignalPipe,
    output: Sink,
    term: Term | None = None,
) -> int:
    """Run the command and return its status as ``waitpid`` tells it.

    Raises:
        OSError: It could not be started.
    """
    child = Child(command, environment)
    try:
        return _Watch(child, signals, output, term or Term()).run()
    except BaseException:
        # Whatever went wrong with us, the child must not outlive our watch.
        child.send(signal.SIGKILL)
        raise
    finally:
        os.close(child.pipe)


class _Watch:
    """One child's life, from its start to the end of its output."""

    def __init__(
        self, child: Child, signals: SignalPipe, output: Sink, term: Term
    ) -> None:
        self._child = child
        self._signals = signals
        self._output = output
        self._term = term
        self._is_open = True
        self._is_over = False
        self._deadlines: dict[str, float] = {}
        """What is due at which monotonic time: asking, passing on, killing, leaving."""

    def run(self) -> int:
        child = self._child
        if self._term.is_over is not None:
            self._deadlines["ask"] = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._signals, selectors.EVENT_READ)
            selector.register(child.pipe, selectors.EVENT_READ)
            while child.status is None or self._is_open:
                if child.status is not None and "leave" not in self._deadlines:
                    left = time.monotonic() + self._term.drain_seconds
                    self._deadlines = {"leave": left}
                if not self._meet_deadlines():
                    break
                for key, _ in selector.select(self._left()):
                    if key.fileobj is self._signals:
                        self._obey()
                    elif not self._copy():
                        selector.unregister(child.pipe)
                        self._is_open = False
        assert child.status is not None  # noqa: S101 - the loop's condition
        return 0 if self._is_over else child.status

    def _left(self) -> float | None:
        if not self._deadlines:
            return None
        return max(min(self._deadlines.values()) - time.monotonic(), 0.0)

    def _meet_deadlines(self) -> bool:
        now = time.monotonic()
        due = [name for name, at in self._deadlines.items() if at <= now]
        for name in due:
            del self._deadlines[name]
            if name == "leave":
                self._end_stragglers()
                return False
            if name == "ask":
                self._ask(now)
            elif name == "kill":
                self._child.send(signal.SIGKILL)
            else:
                self._child.send(signal.SIGTERM)
        return True

    def _ask(self, now: float) -> None:
        if self._term.is_over is None or not self._term.is_over():
            self._deadlines["ask"] = now + ASK_SECONDS
            return
        self._is_over = True
        self._deadlines = {"kill": now + KILL_SECONDS}
        self._child.send(signal.SIGTERM)

    def _obey(self) -> None:
        for number in self._signals.take():
            if number not in FORWARDED:
                continue
            name = signal_name(number)
            if number in ENDING and self._term.linger_seconds:
                self._output.say(
                    f"Received {name}; staying for others for "
                    f"{self._term.linger_seconds:.0f} s at most."
                )
                due = time.monotonic() + self._term.linger_seconds
                self._deadlines.setdefault("pass", due)
                continue
            self._output.say(f"Received {name} and passed it on.")
            self._child.send(number)
        self._child.reap()

    def _copy(self) -> bool:
        chunk = os.read(self._child.pipe, CHUNK_BYTES)
        self._output.write(chunk)
        return bool(chunk)

    def _end_stragglers(self) -> None:
        self._child.send(signal.SIGKILL)
        os.set_blocking(self._child.pipe, False)
        with suppress(BlockingIOError):
            while self._copy():
                pass
        self._output.say("Ended processes that the command had left behind.")
