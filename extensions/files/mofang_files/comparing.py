"""Read a version as text, and compare it with what is there now."""

from __future__ import annotations

import difflib
import json
import os
import stat

from mofang_files.errors import FilesError, from_os
from mofang_files.roots import Roots, opened_parent
from mofang_files.versions import opened_version

_BYTES = 2_000_000
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_version(roots: Roots, text: str, snapshot: str) -> dict[str, str | None]:
    """Return a version as text, and what differs from what is there now.

    Args:
        roots: That it may be in.
        text: Path of the file browser.
        snapshot: That has the version.

    Raises:
        FilesError: It is no text, or cannot be read.
    """
    path = roots.find(text)
    with opened_version(path, snapshot) as folder:
        before = read_text(folder, path.name)
    try:
        with opened_parent(path) as folder:
            now = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
            is_file = stat.S_ISREG(now.st_mode)
            after = read_text(folder, path.name) if is_file else None
    except (FileNotFoundError, NotADirectoryError):
        after = None
    except OSError as err:
        raise from_os(err, f"{path.name} cannot be read") from err
    difference = None if after is None else compare(before, after)
    return {"text": before, "difference": difference}


def read_text(folder: int, name: str) -> str:
    """Return a file as text; a notebook as its cells, without outputs.

    Args:
        folder: Descriptor of the directory that has it.
        name: In that; a link is not followed.

    Raises:
        FilesError: It is no text, or too large; says so.
    """
    try:
        with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
            content = file.read(_BYTES + 1)
    except OSError as err:
        raise from_os(err, f"{name} cannot be read") from err
    if len(content) > _BYTES:
        raise FilesError(f"{name} has more than 2 MB. Restore it beside instead.")
    try:
        text = content.decode()
    except UnicodeDecodeError as err:
        raise FilesError(f"{name} is no text. Restore it beside instead.") from err
    return _cells(text) if name.endswith(".ipynb") else text


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
