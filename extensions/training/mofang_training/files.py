"""Which files of a job are not there, for the preview of a form.

The service does not see people's files; this server does, as the job will. It warns and
refuses nothing: a file may be written before the job starts.
"""

from __future__ import annotations

import json
import posixpath
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FIELD = "warnings"
"""Of a preview: a sentence by dotted path, beside the service's own ``fields``."""


def with_warnings(answer: bytes, asked: bytes, shared: Sequence[str]) -> bytes:
    """Return a preview with what is missing; as it is where it is of another form.

    Args:
        answer: The service's.
        asked: The job, as the request has it.
        shared: The directories that jobs see.
    """
    preview, spec = _object(answer), _object(asked)
    if preview is None or spec is None:
        return answer
    preview[FIELD] = missing_files(spec, shared)
    return json.dumps(preview).encode()


def missing_files(spec: dict[str, Any], shared: Sequence[str]) -> dict[str, str]:
    """Return a sentence for each of a job's files that is not there.

    Of a copy of code nothing is said: what is in it may be gone from its directory.
    """
    if spec.get("code"):
        return {}
    directory = _text(spec.get("working_directory"))
    fault = _fault(directory, shared, is_directory=True)
    if fault:
        return {"working_directory": fault}
    faults = {
        field: _fault(posixpath.join(directory, path), shared, is_directory=False)
        for field, path in _files(spec)
    }
    faults |= {
        f"inputs.{number}.path": _fault(path, shared)
        for number, path in enumerate(_inputs(spec))
    }
    return {field: fault for field, fault in faults.items() if fault}


def _files(spec: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("script", "requirements"):
        if path := _text(spec.get(field)):
            yield field, path


def _inputs(spec: dict[str, Any]) -> Iterator[str]:
    inputs = spec.get("inputs")
    for each in inputs if isinstance(inputs, list) else []:
        yield _text(each.get("path")) if isinstance(each, dict) else ""


def _fault(
    path: str, shared: Sequence[str], *, is_directory: bool | None = None
) -> str:
    """Say what is wrong with a path; nothing where that is not to be seen here."""
    plain = posixpath.normpath(path)
    if not any(plain == root or plain.startswith(f"{root}/") for root in shared):
        return ""
    try:
        found = Path(plain).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        kind = "directory" if is_directory else "file"
        kind = "file or directory" if is_directory is None else kind
        return f"No such {kind}: {plain}"
    except (OSError, ValueError):
        return ""
    if is_directory is True and not stat.S_ISDIR(found):
        return f"Not a directory: {plain}"
    if is_directory is False and stat.S_ISDIR(found):
        return f"Not a file: {plain}"
    return ""


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
