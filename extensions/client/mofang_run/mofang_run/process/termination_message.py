"""The termination message of a replica, which Kubernetes shows as its cause.

See *Customizing the termination message* in Kubernetes' documentation.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

TERMINATION_MESSAGE_BYTES = 2048

KEPT_BYTES = 16 * 1024
"""How much of the end of the output is kept to choose the message from."""

_OURS = b"[Mofang] "

# When a script fails, torchrun adds a long account of its own end. The cause is what
# the script said before that, or the exit code on the account's first line.
_TORCHRUN_FAILURE = re.compile(
    rb"^[^\n]{0,500}elastic[./]multiprocessing[./]api[^\n]{0,100}"
    rb"failed \(exitcode: -?\d{1,3}\)",
    re.MULTILINE,
)


def choose_termination_message(tail: bytes) -> bytes:
    """Return at most 2 KB of the output's end, cut between characters."""
    verdict = b""
    failure = _TORCHRUN_FAILURE.search(tail)
    if failure is not None and tail[: failure.start()].strip():
        verdict = failure[0] + b"\n" + _closing(tail)
        tail = tail[: failure.start()]
    left = max(0, TERMINATION_MESSAGE_BYTES - len(verdict))
    content = tail[-left:] if left else b""
    if len(content) < len(tail):
        content = content.lstrip(bytes(range(0x80, 0xC0)))
    return content + verdict[-TERMINATION_MESSAGE_BYTES:]


def _closing(tail: bytes) -> bytes:
    """Return the lines of ours that the output ends with, at least its last one."""
    lines = tail.splitlines(keepends=True)
    first = len(lines) - 1
    while first > 0 and lines[first - 1].startswith(_OURS):
        first -= 1
    return b"".join(lines[first:])


def write_termination_message(path: str, content: bytes) -> None:
    """Write the message to the container's ``terminationMessagePath``.

    A missing file is no error: outside Kubernetes there is none.
    """
    with suppress(OSError):
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.write(fd, content)
        finally:
            os.close(fd)
