"""Hold a failed replica's container for debugging, as long as the job asks for."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

from mofang_run.job.replica import ReplicaContext
from mofang_run.process.exit_codes import StoppedError
from mofang_run.process.files import write_whole
from mofang_run.process.waiting import pause

MINUTE = 60.0


def hold_for_debugging(
    replica: ReplicaContext, code: int, *, minute: float = MINUTE
) -> None:
    """Wait after a failure for as long as the job asks, or until SIGTERM.

    ``<log file>.held.json`` tells the training service meanwhile. Returns at once after
    success, or if the container is being terminated already.

    Args:
        replica: What failed.
        code: What it ended with.
        minute: Seconds for which each minute that the job asks for stands.
    """
    settings = replica.settings
    seconds = settings.hold_minutes * minute
    if not code or not seconds or replica.signals.stopped_by is not None:
        return
    ended = time.time()
    until = _stamp(ended + seconds)
    mark = _mark(settings.log_file)
    replica.output.say(
        f"{settings.replica} is held until {until} for inspection: open a "
        "shell in it. Cancel the job to end it sooner."
    )
    if mark is not None:
        _write(replica, mark, code, ended, until)
    try:
        _stay(replica, seconds)
    finally:
        if mark is not None:
            with suppress(OSError):
                mark.unlink()


def _stay(replica: ReplicaContext, seconds: float) -> None:
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            pause(min(end - time.monotonic(), MINUTE), replica.signals)
            _reap()
    except StoppedError:
        replica.output.say("No longer held: terminated.")
    else:
        replica.output.say("No longer held: the time is over.")


def _reap() -> None:
    # What people start in a kept container falls to its first process, us.
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _write(
    replica: ReplicaContext, mark: Path, code: int, ended: float, until: str
) -> None:
    cause = replica.output.termination_message().decode("utf-8", "replace")
    text = json.dumps(
        {
            "exit_code": code,
            "ended": _stamp(ended),
            "held_until": until,
            "termination_message": cause,
        }
    )
    try:
        write_whole(mark, text.encode())
    except OSError as error:
        replica.output.say(
            f"{mark} cannot be written: {error.strerror}. The container is kept all "
            "the same."
        )


def _mark(log_file: str | None) -> Path | None:
    return Path(log_file).with_suffix(".held.json") if log_file else None


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
