"""``mofang.report``: leave a script's results where jobs are compared.

Standard library only: it is used in images that have no more of the client than this.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Union

RESULT_FILE = "MOFANG_RESULT_FILE"
"""Set by the wrapper in the one replica whose results count."""

MAX_BYTES = 64 * 1024

_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK")

Value = Union[str, int, float, bool]  # noqa: UP007 - evaluated, in 3.8 too


def report(**values: Value) -> None:
    """Leave values for the comparison of jobs, such as ``accuracy=0.97``.

    Values of earlier calls stay unless they are named again. Of several processes that
    of rank 0 reports; the others, and programs outside of jobs, return quietly.

    Raises:
        TypeError: A value is no number, text or truth value.
        ValueError: All values together are more than 64 KiB.
        OSError: The storage does not take them.
    """
    checked = {name: _checked(name, value) for name, value in values.items()}
    place = os.environ.get(RESULT_FILE)
    if not place or not _is_first():
        return
    path = Path(place)
    content = json.dumps({**_read(path), **checked}, ensure_ascii=False).encode()
    if len(content) > MAX_BYTES:
        raise ValueError(
            f"All that is reported would be {len(content)} bytes, of which "
            f"{MAX_BYTES} are kept. Report numbers and short texts, and write the rest "
            "to an output."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    draft.write_bytes(content)
    draft.replace(path)


def _checked(name: str, value: object) -> Value:
    # Numbers of NumPy, PyTorch and TensorFlow are not Python's, but tell theirs.
    item = getattr(value, "item", None)
    if item is not None and not isinstance(value, (str, int, float)):
        try:
            value = item()
        except (ValueError, RuntimeError) as error:
            raise TypeError(f"{name} holds more than one number: {error}.") from error
    if not isinstance(value, (str, int, float)):
        raise TypeError(
            f"{name} must be a number, a text or a truth value, not "
            f"{type(value).__name__}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        # JSON has no such number; a diverged loss is a result all the same.
        return str(value)
    return value


def _is_first() -> bool:
    ranks = (os.environ[name] for name in _RANKS if name in os.environ)
    return next(ranks, "0") == "0"


def _read(path: Path) -> dict[str, Value]:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        # A file that somebody else spoilt is begun anew.
        return {}
    return found if isinstance(found, dict) else {}
