"""Wait until the name of replica 0 is known.

Replicas start in any order, and a name that does not resolve yet ends torchrun at
once; so the waiting is done here, bounded and with lines that say so.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable

from mofang.run.output import Output
from mofang.run.signals import FORWARDED, SignalPipe

LIMIT_SECONDS = 300.0
REPORT_SECONDS = 10.0
PAUSE_SECONDS = 0.5


class MasterNotFoundError(Exception):
    """The name of replica 0 did not resolve in time."""


class StoppedError(Exception):
    """A signal came while we waited."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def wait_for_master(
    host: str,
    signals: SignalPipe,
    output: Output,
    *,
    limit_seconds: float = LIMIT_SECONDS,
    resolves: Callable[[str], bool] | None = None,
) -> None:
    """Return once ``host`` resolves.

    Raises:
        MasterNotFoundError: It did not within the limit.
        StoppedError: We were told to end meanwhile.
    """
    resolves = resolves or _resolves
    start = reported = time.monotonic()
    while not _ask(resolves, host, signals):
        now = time.monotonic()
        if now - start >= limit_seconds:
            raise MasterNotFoundError(
                f"The name {host} of replica 0 did not resolve within "
                f"{limit_seconds:.0f} s. Replica 0 did not start, or the cluster's DNS "
                "does not answer; look at the state and the log of replica 0."
            )
        if reported == start or now - reported >= REPORT_SECONDS:
            reported = now
            output.say(
                f"Waiting for {host} (replica 0) to be known: {now - start:.0f} s of "
                f"at most {limit_seconds:.0f} s."
            )
        _pause(PAUSE_SECONDS, signals)


def _ask(resolves: Callable[[str], bool], host: str, signals: SignalPipe) -> bool:
    # A look-up may block for many seconds and cannot be interrupted, so it gets a
    # thread of its own and we stay ready to be stopped.
    answers: list[bool] = []
    thread = threading.Thread(
        target=lambda: answers.append(resolves(host)), daemon=True
    )
    thread.start()
    thread.join(0.05)
    while thread.is_alive():
        _pause(0.05, signals)
    return any(answers)


def _pause(seconds: float, signals: SignalPipe) -> None:
    select.select([signals], [], [], seconds)
    for number in signals.take():
        if number in FORWARDED:
            raise StoppedError(number)


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return True
