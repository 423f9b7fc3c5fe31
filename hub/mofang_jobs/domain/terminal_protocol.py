"""Two languages: terminado's to the client, Kubernetes' channels to the container.

Pure. Of what a client sends only what is understood goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

STDIN = b"\x00"
STDOUT = 1
STDERR = 2
ERROR = 3
RESIZE = b"\x04"

STDIN_BYTES = 32 * 1024
"""Most that is sent to a container at once."""

MAX_CELLS = 10_000

SETUP = json.dumps(["setup", {}])


def output_message(text: str) -> str:
    """Return what a terminal shows."""
    return json.dumps(["stdout", text])


def disconnect_message() -> str:
    """Return what ends a terminal."""
    return json.dumps(["disconnect", 1])


def notice(message: str) -> str:
    """Return a line of the platform's, told apart from the shell's output."""
    return output_message(f"\r\n\x1b[1;33m[Mofang]\x1b[0m {message}\r\n")


def frames_of(message: str | bytes) -> Iterator[bytes]:
    """Yield the frames for the container that a client's message asks for.

    What is malformed asks for none: a terminal must not die of a stray message.
    """
    try:
        parts = json.loads(message)
    except (ValueError, RecursionError):
        return
    match parts:
        case ["stdin", str(text), *_]:
            yield from stdin_frames(text.encode("utf-8", "replace"))
        case ["set_size", rows, columns, *_]:
            size = {"Height": _cells(rows), "Width": _cells(columns)}
            if all(size.values()):
                yield RESIZE + json.dumps(size).encode()
        case _:
            return


def stdin_frames(content: bytes) -> Iterator[bytes]:
    """Yield the frames that give a container its input."""
    for start in range(0, len(content), STDIN_BYTES):
        yield STDIN + content[start : start + STDIN_BYTES]


def _cells(number: object) -> int:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not is_number or not 1 <= float(str(number)) <= MAX_CELLS:
        return 0
    return int(float(str(number)))


def exit_code_of(status: bytes) -> int | None:
    """Return the exit code that the error channel tells; None if it tells none."""
    try:
        outcome = json.loads(status)
        if outcome.get("status") == "Success":
            return 0
        causes = outcome["details"]["causes"]
        return next(
            (int(each["message"]) for each in causes if each["reason"] == "ExitCode"),
            None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def message_of(status: bytes) -> str:
    """Return the message that the error channel tells; empty if it tells none."""
    try:
        return str(json.loads(status)["message"])
    except (ValueError, KeyError, TypeError):
        return ""
