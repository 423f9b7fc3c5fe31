"""What runs a script: Python, a shell, or the system by its first line.

A shell script needs neither permission to be executed nor a ``#!`` line; where nothing
tells what runs a script, the refusal says how to mend that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mofang_run.process.exit_codes import CANNOT_EXECUTE, RefusalError

PYTHON = (".py", ".ipynb")
SHELL = (".sh", ".bash")

_BASH = "/bin/bash"
_SH = "/bin/sh"
_FIRST_LINE_BYTES = 4096
_PYTHON_PROGRAM = re.compile(r"(?:^|[/\s])(?:python|pypy)[\d.]*(?:\s|$)")


def is_run_by_python(script: str) -> bool:
    """Tell whether Python runs a script."""
    if script.endswith(PYTHON):
        return True
    if script.endswith(SHELL) or os.access(script, os.X_OK):
        return False
    # Told by its first line, it is run by that; else it is taken for Python's.
    named = _named(_first_line(script))
    return not named or bool(_PYTHON_PROGRAM.search(named))


def launcher(script: str) -> Sequence[str]:
    """Return the words before a script that is not Python's; none if it runs itself."""
    named = _named(_first_line(script))
    if named and os.access(script, os.X_OK):
        return ()
    if named:
        # As the system does: a program and at most one argument.
        return named.split(None, 1)
    if script.endswith(SHELL):
        return (_BASH if os.access(_BASH, os.X_OK) else _SH,)
    return ()


def check_first_line(script: str) -> None:
    """Refuse a script that the system cannot run.

    Raises:
        RefusalError: It has Windows line endings, or nothing tells what runs it.
    """
    if is_run_by_python(script):
        return
    line = _first_line(script)
    if line.endswith(b"\r\n") and (_named(line) or script.endswith(SHELL)):
        raise RefusalError(
            f"The script {script} has Windows line endings (CRLF), which no shell can "
            f"read. Convert it: sed -i 's/\\r$//' {script}",
            CANNOT_EXECUTE,
        )
    is_text = b"\0" not in line
    if is_text and not _named(line) and not script.endswith(SHELL):
        raise RefusalError(
            f"The script {script} does not say what runs it. Let its first line be "
            "#!/bin/bash or #!/usr/bin/env python3, or let its name end in .sh or .py.",
            CANNOT_EXECUTE,
        )


def explain_failure(program: str, error: Exception) -> str:
    """Return why a program could not be started, and how to mend it."""
    path = Path(program)
    if "/" in program and path.is_file():
        try:
            check_first_line(program)
        except RefusalError as refusal:
            return str(refusal)
        if isinstance(error, PermissionError):
            return f"{program} is not executable. Run: chmod +x {program}"
        named = _named(_first_line(program))
        if isinstance(error, FileNotFoundError) and named:
            return (
                f"{program} is to be run by {named.split()[0]}, as its first line "
                "says, which the image does not have."
            )
    return f"{program} cannot be started: {error}."


def _named(line: bytes) -> str:
    if not line.startswith(b"#!"):
        return ""
    return line[2:].decode("utf-8", "replace").strip()


def _first_line(script: str) -> bytes:
    try:
        with Path(script).open("rb") as file:
            return file.readline(_FIRST_LINE_BYTES)
    except (OSError, ValueError):
        # Whoever starts it says why.
        return b""
