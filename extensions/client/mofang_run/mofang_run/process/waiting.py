"""Wait for what other replicas do: bounded, interruptible, and never silent."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mofang_run.process.exit_codes import PeerNotFoundError, StoppedError
from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import FORWARDED, SignalPipe

LIMIT_SECONDS = 300.0
REPORT_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5

LONGER = "To wait longer, set the variable MOFANG_PEER_TIMEOUT_SECONDS of the job."


@dataclass(frozen=True)
class Wait:
    """What is waited for, in words for the log."""

    what: Callable[[], str]
    """Such as ``worker-1 and worker-2 to be ready``; asked whenever it is said."""

    advice: str
    """What to look at when it never comes; full sentences."""

    limit_seconds: float = LIMIT_SECONDS


def wait_until(
    is_there: Callable[[], bool], wait: Wait, signals: SignalPipe, output: ReplicaOutput
) -> None:
    """Return once ``is_there()`` says so; it is asked in a thread of its own.

    Args:
        is_there: Called again and again; True ends the wait.
        wait: What is waited for, how long, and what to advise.
        signals: SIGTERM ends the wait.
        output: Where lines of the wrapper go.

    Raises:
        PeerNotFoundError: It did not within the limit.
        StoppedError: We were told to end meanwhile.
    """
    start = reported = time.monotonic()
    pause_seconds = FIRST_PAUSE_SECONDS
    while not _ask(is_there, signals):
        now = time.monotonic()
        if now - start >= wait.limit_seconds:
            raise PeerNotFoundError(
                f"Waited {wait.limit_seconds:.0f} s for {wait.what()}, in vain. "
                f"{wait.advice}"
            )
        if reported == start or now - reported >= REPORT_SECONDS:
            reported = now
            output.say(
                f"Waiting for {wait.what()}: {now - start:.0f} s of at most "
                f"{wait.limit_seconds:.0f} s."
            )
        pause(pause_seconds, signals)
        pause_seconds = min(pause_seconds * 1.5, LONGEST_PAUSE_SECONDS)


def pause(seconds: float, signals: SignalPipe) -> None:
    """Do nothing for a while.

    Raises:
        StoppedError: We were told to end.
    """
    select.select([signals], [], [], seconds)
    for number in signals.take():
        if number in FORWARDED:
            raise StoppedError(number)


def _ask(is_there: Callable[[], bool], signals: SignalPipe) -> bool:
    # A look-up may block for many seconds and cannot be interrupted, so it gets a
    # thread of its own and we stay ready to be stopped.
    answers: list[bool] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(is_there())
        except Exception as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(0.05)
    while thread.is_alive():
        pause(0.05, signals)
    if failures:
        raise failures[0]
    return any(answers)
