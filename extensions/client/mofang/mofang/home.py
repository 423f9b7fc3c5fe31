"""``~`` in the paths of a job: the home of its container, wherever it is submitted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mofang.shorthand import refused

_FILES = ("working_directory", "script", "requirements")
_DATA_PATHS = ("inputs", "outputs")


def expand_home(wanted: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """Return the fields of a job with ``~`` replaced in all paths.

    Raises:
        InvalidError: A path begins with the home of somebody else.
    """
    settled = dict(wanted)
    for field in _FILES:
        if isinstance(settled.get(field), (str, os.PathLike)):
            settled[field] = expanded(field, settled[field], home)
    for field in _DATA_PATHS:
        if isinstance(settled.get(field), list):
            settled[field] = [
                _data_path(f"{field}.{number}.path", data_path, home)
                for number, data_path in enumerate(settled[field])
            ]
    return settled


def _data_path(field: str, data_path: Any, home: Path) -> Any:
    # What it must be beside that is judged later.
    if not isinstance(data_path, dict) or not isinstance(data_path.get("path"), str):
        return data_path
    return {**data_path, "path": expanded(field, data_path["path"], home)}


def expanded(field: str, path: str | os.PathLike[str], home: Path) -> str:
    """Return a path with its leading ``~`` replaced.

    Args:
        field: Name of the field, for the error.
        path: Path as the person wrote it.
        home: Replaces ``~``.

    Raises:
        InvalidError: It begins with the home of somebody else.
    """
    text = os.fspath(path)
    if not text.startswith("~"):
        return text
    first, slash, rest = text.partition("/")
    if first != "~":
        raise refused(
            **{
                field: f"{first} is nobody's home in a job. Write ~ for your own, or "
                f"./{text} for what is called so here."
            }
        )
    return str(home / rest) if slash else str(home)
