"""Choose the last words of a replica: what Kubernetes shows as the cause of its end.

Pure, but for the writing.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

TERMINATION_MESSAGE_BYTES = 2048

KEPT_BYTES = 16 * 1024
"""How much of the output's end one needs to choose from."""

_OURS = b"[Mofang] "

# When a script fails, torchrun adds a long account of its own end. The cause is what
# the script said before that, or the exit code on the account's first line.
_TORCHRUN_GIVES_UP = re.compile(
    rb"^[^\n]{0,500}elastic[./]multiprocessing[./]api[^\n]{0,100}"
    rb"failed \(exitcode: -?\d{1,3}\)",
    re.MULTILINE,
)


def choose_termination_message(tail: bytes) -> bytes:
    """Return at most 2 KB of the output's end, cut between characters."""
    verdict = b""
    gives_up = _TORCHRUN_GIVES_UP.search(tail)
    if gives_up is not None and tail[: gives_up.start()].strip():
        verdict = gives_up[0] + b"\n" + _closing(tail)
        tail = tail[: gives_up.start()]
    workdir = max(0, TERMINATION_MESSAGE_BYTES - len(verdict))
    words = tail[-workdir:] if workdir else b""
    if len(words) < len(tail):
        words = words.lstrip(bytes(range(0x80, 0xC0)))
    return words + verdict[-TERMINATION_MESSAGE_BYTES:]


def _closing(tail: bytes) -> bytes:
    """Return the lines of ours that the output ends with, at least its last one."""
    lines = tail.splitlines(keepends=True)
    first = len(lines) - 1
    while first > 0 and lines[first - 1].startswith(_OURS):
        first -= 1
    return b"".join(lines[first:])


def write_termination_message(path: str, words: bytes) -> None:
    """Write where Kubernetes looks for the cause of an end, if it looks."""
    with suppress(OSError):
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.write(fd, words)
        finally:
            os.close(fd)
