"""Read a version as text, and compare it with what is there now."""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path

from mofang_files.errors import FilesError, from_os

_BYTES = 2_000_000
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_text(path: Path) -> str:
    """Return a file as text; a notebook as its cells, without outputs.

    Raises:
        FilesError: It is no text, or too large; says so.
    """
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            content = file.read(_BYTES + 1)
    except OSError as err:
        raise from_os(err, f"{path.name} cannot be read") from err
    if len(content) > _BYTES:
        raise FilesError(f"{path.name} has more than 2 MB. Restore it beside instead.")
    try:
        text = content.decode()
    except UnicodeDecodeError as err:
        raise FilesError(f"{path.name} is no text. Restore it beside instead.") from err
    return _cells(text) if path.suffix == ".ipynb" else text


def compare(before: str, after: str) -> str:
    """Return a unified diff; empty where nothing differs.

    Args:
        before: Text of the version.
        after: Text as it is now.
    """
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "version", "now", lineterm=""
    )
    return "\n".join(lines)


def _cells(text: str) -> str:
    """Return the sources of a notebook's cells; the text where it is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        parts = [
            f"# [{cell['cell_type']}]\n{''.join(cell.get('source') or '')}"
            for cell in cells
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
    return "\n\n".join(parts) + "\n"
