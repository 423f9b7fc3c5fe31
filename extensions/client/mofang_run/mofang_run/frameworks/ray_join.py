"""Run ``ray start`` again until it has joined: ``ray_join.py SECONDS COMMAND…``.

A program of its own, started by path, so that it needs no import path. Its signals
reach the command too, which is in the same process group.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time

STARTED = b"Ray runtime started"
PAUSE_SECONDS = 2.0
LONGER = "To wait longer, set the variable MOFANG_PEER_TIMEOUT_SECONDS of the job."


class Joining:
    """Attempts to join, until one has, the time is over, or a signal came."""

    def __init__(self) -> None:
        self._is_terminated = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def run(self, seconds: float, command: list[str]) -> int:
        """Return the exit code of the last attempt."""
        last = time.monotonic() + seconds
        while True:
            code, has_started = self._attempt(command)
            is_late = time.monotonic() >= last
            if has_started or not code or self._is_terminated:
                return code
            if is_late:
                said = f"Ray's head did not let this worker join within {seconds:.0f} s"
                self._write(f"{said}. {LONGER}\n".encode())
                return code
            self._write(b"Ray's head is not ready yet; trying again.\n")
            time.sleep(PAUSE_SECONDS)

    def _attempt(self, command: list[str]) -> tuple[int, bool]:
        has_started = False
        with subprocess.Popen(  # noqa: S603 - what the wrapper asks for
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            for line in process.stdout:
                has_started = has_started or STARTED in line
                self._write(line)
        code = process.returncode
        return (code if code >= 0 else 128 - code), has_started

    def _end(self, *_: object) -> None:
        self._is_terminated = True

    def _write(self, line: bytes) -> None:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(Joining().run(float(sys.argv[1]), sys.argv[2:]))
