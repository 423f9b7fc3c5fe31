"""Find in a replica's last words what it died of. Pure.

Beside the script, the wrapper, torchrun and mpirun speak there, at more length than the
script does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHOWN = 300
"""Longest piece of a foreign message that goes into a sentence."""

_MARK = re.compile(r"^\[Mofang\] (?:\S+Z )?(?P<said>.*)$")
_TAG = r"^(?:\[\S{1,99}\]: ?)?"
_ERROR_LINE = re.compile(
    _TAG + r"(?P<said>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*|"
    # What argparse, Python itself, C++ and its libraries end with.
    r"[\w.-]{1,99}: error: .*|Fatal Python error: .*|"
    r"terminate called after throwing .*|what\(\): .*|"
    r".{0,200}Assertion [`'].* failed\b.*|.{0,200}Check failed: .*)$"
)
_STARTED = re.compile(r" started on | was killed by ")
_ABOUT = (
    *("Received ", "Ended processes", "Ended torchrun", "Attempt "),
    "Python does not ",
)
_TORCHRUN = ("torch.distributed.elastic.", "ChildFailedError")
_TORCHRUN_SAYS = re.compile(r"\belastic[./]multiprocessing[./]api\b")
_TORCHRUN_FAILURE = re.compile(
    r"\belastic[./]multiprocessing[./]api\b.{0,100}failed \(exitcode: (-?\d{1,3})\)"
)
_RULE = re.compile(r"-{20,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|[ -/]*[0-OQ-WYZ\\`-~])"
)
"""What terminals obey: colours, titles of windows."""
_MPIRUN_ABORT = re.compile(
    r"^(?:(?:mpirun|mpiexec|orterun|prterun|prun) (?:detected|noticed|has exited)\b|"
    r"Primary job +terminated|MPI_ABORT was invoked)"
)


def last_error(output: str) -> str:
    """Return the line of a replica's last words that tells most; may be empty."""
    error = find_error(output)
    own = [line for line in _own(_lines(output)) if not _is_rule(line)]
    return error or (shortened(own[-1]) if own else "")


def find_error(output: str) -> str:
    """Return the last line that reports an error; empty if none does."""
    lines = _lines(output)
    abort_message = _abort_message(lines)
    if abort_message:
        return shortened(abort_message)
    errors = [
        match["said"]
        for line in _own(lines)
        if (match := _ERROR_LINE.match(line)) and not line.startswith(_TORCHRUN)
    ]
    return shortened(errors[-1]) if errors else ""


def torchrun_exit_code(output: str) -> int | None:
    """Return what torchrun's process ended with, -n for signal n; None if not told."""
    found = [
        int(match[1])
        for line in _lines(output)
        if (match := _TORCHRUN_FAILURE.search(line))
    ]
    return found[-1] if found else None


def shortened(text: str) -> str:
    """Return the text on one line, cut where it would fill a page."""
    line = _CONTROL.sub("", " ".join(_SEQUENCE.sub("", text).split()))
    if len(line) > SHOWN:
        line = f"{line[:SHOWN].rstrip()}…"
    return line if line.endswith((".", "…", "!", "?")) or not line else f"{line}."


def _lines(output: str) -> list[str]:
    lines = _SEQUENCE.sub("", output).splitlines()
    return [line.strip() for line in lines if line.strip()]


def _own(lines: list[str]) -> Iterator[str]:
    """Yield the lines of the script."""
    block: list[str] = []
    for line in (*lines, "-" * 80):
        if not _RULE.fullmatch(line):
            block.append(line)
            continue
        # mpirun puts what it says between two rules.
        if not any(map(_MPIRUN_ABORT.match, block)):
            for each in block:
                if not _MARK.match(each) and not _TORCHRUN_SAYS.search(each):
                    yield each
        block = []


def _abort_message(lines: list[str]) -> str:
    """Return why the wrapper gave up by itself; empty if it did not.

    It says so right before it says with which code it ends; otherwise the script's own
    words stand there, or that it was started.
    """
    said = [match["said"] if (match := _MARK.match(line)) else None for line in lines]
    ends = [
        n for n, each in enumerate(said) if each and " ended with exit code " in each
    ]
    if not ends or not ends[-1]:
        return ""
    before = said[ends[-1] - 1]
    return (
        before
        if before and not before.startswith(_ABOUT) and not _STARTED.search(before)
        else ""
    )


def _is_rule(line: str) -> bool:
    return not any(character.isalnum() for character in line)
