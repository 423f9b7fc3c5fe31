"""Ends by a signal: what each is called, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SIGNALLED = 128
"""What is added to a signal's number to make an exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """An end by a signal."""

    signal: str
    verb: str
    """What happened to the process: ``crashed with a segmentation fault``."""

    advice: str = ""
    """A sentence for when nothing else is known."""


_NATIVE = "Look for a native library that does not fit the others."

_CRASHES = {
    1: Crash(signal="SIGHUP", verb="was hung up"),
    2: Crash(signal="SIGINT", verb="was interrupted"),
    3: Crash(signal="SIGQUIT", verb="was told to quit"),
    4: Crash(
        signal="SIGILL",
        verb="crashed with an illegal instruction",
        advice="Look for a library that was built for another CPU.",
    ),
    5: Crash(signal="SIGTRAP", verb="was ended by a trap", advice=_NATIVE),
    6: Crash(
        signal="SIGABRT",
        verb="was aborted",
        advice="Native code gave up; its log tells more.",
    ),
    7: Crash(
        signal="SIGBUS",
        verb="crashed with a bus error",
        advice="Its shared memory may be full, or a mapped file was cut short.",
    ),
    8: Crash(signal="SIGFPE", verb="crashed with an arithmetic error"),
    9: Crash(signal="SIGKILL", verb="was killed"),
    11: Crash(
        signal="SIGSEGV", verb="crashed with a segmentation fault", advice=_NATIVE
    ),
    13: Crash(signal="SIGPIPE", verb="was ended by a broken pipe"),
    14: Crash(signal="SIGALRM", verb="was ended by an alarm"),
    15: Crash(signal="SIGTERM", verb="was terminated"),
    24: Crash(signal="SIGXCPU", verb="exceeded its limit of CPU time"),
    25: Crash(signal="SIGXFSZ", verb="exceeded its limit of a file's size"),
    31: Crash(signal="SIGSYS", verb="was ended for a forbidden system call"),
}


def find_crash(exit_code: int) -> Crash | None:
    """Return the signal that an exit code tells of; None if it tells of none."""
    return _CRASHES.get(exit_code - SIGNALLED)
