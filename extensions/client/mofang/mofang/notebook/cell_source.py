"""Keep the source of a cell where its job can read it."""

from __future__ import annotations

import ast
import hashlib
import os
import tempfile
import warnings
from pathlib import Path

from mofang.errors import ConfigurationError, InvalidError


def write_cell(source: str, home: Path) -> Path:
    """Write a cell to a file named by its content, and return its path.

    The file is private and appears at once and whole, so that a job never reads half
    of it; the same cell is the same file.

    Raises:
        InvalidError: The cell is not what Python alone can run.
    """
    _check_python(source)
    content = source.encode()
    digest = hashlib.sha256(content).hexdigest()[:16]
    folder = home / ".mofang" / "cells"
    path = folder / f"{digest}.py"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd, temporary = tempfile.mkstemp(prefix=".", suffix=".py", dir=folder)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            f"The cell cannot be kept in {folder}: {error.strerror}. Make room there, "
            "or submit a file with mofang.submit."
        ) from error
    return path


def _check_python(source: str) -> None:
    if not source.strip():
        raise InvalidError("The cell is empty. Write the job's script into it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        text = (getattr(error, "text", None) or "").strip()
        hint = ""
        if text.startswith(("%", "!")):
            hint = " A job runs Python alone: leave out lines that start with % or !."
        raise InvalidError(
            f"The cell cannot run as a script: line {line}: {error.args[0]}.{hint}"
        ) from error
