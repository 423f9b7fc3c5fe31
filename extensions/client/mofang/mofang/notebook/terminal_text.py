"""Show lines of a log as a terminal would in the end. Pure.

JupyterLab's panel does the same (``logText.ts`` of the training extension).
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    # Control sequences, control strings and other escapes of ECMA-48, in this order.
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def shown_text(text: str) -> str:
    """Return the lines without colours, and of progress bars what they showed last."""
    return "\n".join(_shown_line(line) for line in text.split("\n"))


def _shown_line(raw: str) -> str:
    line = _ESCAPES.sub("", raw).rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("", _overwritten(line))


def _overwritten(line: str) -> str:
    """Let each backspace take what follows it a place back."""
    if "\b" not in line:
        return line
    cells: list[str] = []
    at = 0
    for character in line:
        if character == "\b":
            at = max(0, at - 1)
        else:
            cells[at : at + 1] = [character]
            at += 1
    return "".join(cells).rstrip()
