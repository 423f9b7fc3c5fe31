"""Run one command to its end: pass its output and our signals on, reap everything."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from mofang_run.process.group import Child, have_members
from mofang_run.process.signals import ENDING, FORWARDED, SignalPipe, signal_name

CHUNK_BYTES = 64 * 1024

DRAIN_SECONDS = 5.0
"""How long processes that outlive the command may still write."""

GRACE_SECONDS = 27.0
"""How long after a signal to end they may go on: what Kubernetes gives, less what our
own end takes."""

POLL_SECONDS = 0.2
"""How often it is looked whether they still live, which no signal may tell."""

ASK_SECONDS = 1.0
KILL_SECONDS = 10.0
"""How long a child whose time is over may take to end."""


class Sink(Protocol):
    """Where a child's output goes."""

    def write(self, chunk: bytes) -> None:
        """Take bytes of the child."""

    def say(self, message: str) -> None:
        """Take a sentence of ours."""


class OutputWatcher(Protocol):
    """Reads a child's output and decides whether to kill it."""

    def feed(self, chunk: bytes) -> None:
        """Take a chunk of the output."""

    def exit_code(self, child: Child) -> int | None:
        """Return the exit code to kill it with now, or None; called each second."""


@dataclass(frozen=True)
class StopPolicy:
    """When and how a child is stopped that has not ended by itself."""

    is_over: Callable[[], bool] | None = None
    """Called each second; True ends the child, which counts as success."""

    stop_delay_seconds: float = 0.0
    """How long SIGTERM is withheld from it."""

    drain_seconds: float = DRAIN_SECONDS
    grace_seconds: float = GRACE_SECONDS

    passes_on: bool = False
    """Whether it forwards SIGTERM to the process groups it has created."""

    output_watcher: OutputWatcher | None = None
    """Decides by the output whether the child has to be killed."""


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    signals: SignalPipe,
    output: Sink,
    stop_policy: StopPolicy | None = None,
) -> int:
    """Run the command and return its status as ``waitpid`` tells it.

    Args:
        command: Arguments, the program first.
        environment: All variables of the child.
        signals: Pipe that the wrapper's signal handler writes to.
        output: Gets what the child prints.
        stop_policy: What happens at SIGTERM and at the end.

    Raises:
        OSError: It could not be started.
    """
    child = Child(command, environment)
    try:
        return _Watch(child, signals, output, stop_policy or StopPolicy()).run()
    except BaseException:
        # Whatever went wrong with us, the child must not outlive our watch.
        child.send(signal.SIGKILL)
        raise
    finally:
        os.close(child.pipe)


class _Watch:
    """One child's life, from its start to the end of its output."""

    def __init__(
        self, child: Child, signals: SignalPipe, output: Sink, stop_policy: StopPolicy
    ) -> None:
        self._child = child
        self._signals = signals
        self._output = output
        self._stop_policy = stop_policy
        self._is_open = True
        self._is_over = False
        self._exit_code: int | None = None
        self._ended: float | None = None
        """When the command itself did."""

        self._signalled_groups: frozenset[int] = frozenset()
        """The groups of processes that were told to end."""

        self._is_empty = False
        """Whether all of them have ended."""

        self._grace_end: float | None = None
        """Until when it may go on after a signal to end; None without one."""

        self._deadlines: dict[str, float] = {}
        """What is due at which monotonic time: asking, passing on, killing, looking,
        leaving."""

    def run(self) -> int:
        child = self._child
        if (
            self._stop_policy.is_over is not None
            or self._stop_policy.output_watcher is not None
        ):
            self._deadlines["ask"] = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._signals, selectors.EVENT_READ)
            selector.register(child.pipe, selectors.EVENT_READ)
            while not self._is_done():
                if not self._meet_deadlines():
                    break
                for key, _ in selector.select(self._left()):
                    if key.fileobj is self._signals:
                        self._obey()
                    elif not self._copy():
                        selector.unregister(child.pipe)
                        self._is_open = False
        assert child.status is not None  # noqa: S101 - the loop's condition
        if self._exit_code is not None:
            return self._exit_code << 8
        return 0 if self._is_over else child.status

    def _is_done(self) -> bool:
        if self._child.status is None:
            return False
        now = time.monotonic()
        if self._ended is None:
            self._ended = now
            self._deadlines = {}
        drained = self._ended + self._stop_policy.drain_seconds
        if self._grace_end is None or self._is_over:
            self._deadlines = {"leave": drained}
            return not self._is_open
        if self._deadlines.get("look", 0.0) > now:
            return False
        # A script that a shell had started was told to end as well, and may still be
        # saving: into a file, for all that the pipe tells.
        if have_members(self._signalled_groups):
            leave = max(self._grace_end, drained)
            self._deadlines = {"leave": leave, "look": now + POLL_SECONDS}
            return False
        if not self._is_empty:
            self._is_empty = True
            self._deadlines = {"leave": now + self._stop_policy.drain_seconds}
        return not self._is_open

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
            elif name == "pass":
                self._child.send(signal.SIGTERM)
        return True

    def _ask(self, now: float) -> None:
        output_watcher = self._stop_policy.output_watcher
        self._exit_code = (
            output_watcher.exit_code(self._child)
            if output_watcher is not None
            else None
        )
        if self._exit_code is not None:
            self._child.send(signal.SIGKILL)
            return
        if self._stop_policy.is_over is None or not self._stop_policy.is_over():
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
            if number in ENDING and self._grace_end is None:
                self._begin_grace()
            if number in ENDING and self._stop_policy.stop_delay_seconds:
                self._output.say(
                    f"Received {name}; staying for others for "
                    f"{self._stop_policy.stop_delay_seconds:.0f} s at most."
                )
                due = time.monotonic() + self._stop_policy.stop_delay_seconds
                self._deadlines.setdefault("pass", due)
                continue
            self._output.say(f"Received {name} and passed it on.")
            self._child.send(number)
        self._child.reap()

    def _begin_grace(self) -> None:
        child = self._child
        self._grace_end = time.monotonic() + self._stop_policy.grace_seconds
        own = frozenset({child.pid})
        self._signalled_groups = (
            child.own_groups() if self._stop_policy.passes_on else own
        )

    def _copy(self) -> bool:
        chunk = os.read(self._child.pipe, CHUNK_BYTES)
        self._output.write(chunk)
        if self._stop_policy.output_watcher is not None:
            self._stop_policy.output_watcher.feed(chunk)
        return bool(chunk)

    def _end_stragglers(self) -> None:
        self._child.send(signal.SIGKILL)
        os.set_blocking(self._child.pipe, False)
        with suppress(BlockingIOError):
            while self._copy():
                pass
        self._output.say("Ended processes that the command had left behind.")
