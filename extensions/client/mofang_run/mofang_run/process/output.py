"""Copy a replica's output to the container's log and to the job's log file.

A job must not die of its log: whatever happens to the file is said once and the
output goes on.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

from mofang_run.process.termination_message import (
    KEPT_BYTES,
    choose_termination_message,
)

MARK = "[Mofang]"
REOPEN_SECONDS = 10.0
"""How often a log file is tried to be opened that could not be."""

_OPEN_LOG = (
    os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    # A named pipe without a reader must fail, not block.
    | os.O_NONBLOCK
)  # fmt: skip


class ReplicaOutput:
    """Everything that one replica says, in the order in which it was said."""

    def __init__(self, stdout: int, log_file: str | None = None) -> None:
        self._stdout = stdout
        self._log: int | None = None
        self._log_file = log_file
        self._reopen_at = 0.0
        self._missed = 0
        self._warned = False
        self._at_line_start = True
        self._tail = b""
        # Companions of the command, and what copies files, speak in threads.
        self._lock = threading.RLock()
        error = self._open()
        if error is not None:
            self._warn(error)

    def _open(self) -> OSError | None:
        """Open the log file unless it is open; say why not, once in a while."""
        now = time.monotonic()
        if self._log_file is None or self._log is not None or now < self._reopen_at:
            return None
        try:
            self._log = _open_log(Path(self._log_file))
        except OSError as error:
            self._reopen_at = now + REOPEN_SECONDS
            return error
        return None

    def write(self, chunk: bytes) -> None:
        """Pass on bytes of the command, whole lines or not."""
        if not chunk:
            return
        with self._lock:
            self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        self._at_line_start = chunk.endswith(b"\n")
        self._tail = (self._tail + chunk)[-KEPT_BYTES:]
        # The file comes first: what was seen can then be found again.
        failure = self._write_log(chunk)
        # Who reads the container's log may be gone; the file is still wanted.
        with suppress(OSError):
            _write_all(self._stdout, chunk)
        if failure is not None:
            self._warn(failure)

    def say(self, message: str) -> None:
        """Write a line of the platform, marked and timed, on a line of its own."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = f"{MARK} {now} {message}\n".encode("utf-8", "backslashreplace")
        with self._lock:
            self.write(line if self._at_line_start else b"\n" + line)

    def write_marked(self, mark: str, line: bytes) -> None:
        """Write a line of a program of the platform's, such as pip, marked as its."""
        marked = f"[{mark}] ".encode() + line.rstrip(b"\r\n") + b"\n"
        with self._lock:
            self.write(marked if self._at_line_start else b"\n" + marked)

    def termination_message(self) -> bytes:
        """Return the end of the output, as far as it tells the cause of the end."""
        return choose_termination_message(self._tail)

    def close(self) -> None:
        """Bring the log file to its disk and let go of it."""
        if self._log is None:
            return
        with suppress(OSError):
            os.fsync(self._log)
        with suppress(OSError):
            os.close(self._log)
        self._log = self._log_file = None

    def _write_log(self, chunk: bytes) -> OSError | None:
        size = len(chunk)
        error = self._open()
        if self._log is None:
            self._missed += size
            return error
        if self._missed:
            note = f"\n{MARK} About {self._missed} bytes could not be written here.\n"
            chunk = note.encode() + chunk
        try:
            _write_all(self._log, chunk)
        except OSError as error:
            self._missed += size
            return error
        self._missed = 0
        return None

    def _warn(self, error: OSError) -> None:
        if self._warned:
            return
        self._warned = True
        self.say(
            f"The log file {self._log_file} cannot be written: "
            f"{error.strerror or error}. The job goes on without it; its output is in "
            "the container's own log only."
        )


class MarkedOutput:
    """The output of a program of the platform's, each line with the program's name."""

    def __init__(self, output: ReplicaOutput, mark: str) -> None:
        self._output = output
        self._mark = mark
        self._rest = b""

    def write(self, chunk: bytes) -> None:
        """Pass on bytes; a line appears once it is whole."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._output.write_marked(self._mark, line)

    def say(self, message: str) -> None:
        """Write a line of the platform, as it does everywhere."""
        self._output.say(message)

    def flush(self) -> None:
        """Write what came without an end of line."""
        if self._rest:
            self.write(b"\n")


def _open_log(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, _OPEN_LOG, 0o664)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(0, "it is not a regular file")
    return fd


def _write_all(fd: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(fd, view) :]
