"""What a request asks to be shown: one directory, or several by name.

Forms of a request's body:

- ``{"logdir": "/projects/vision/runs/a"}``
- ``{"logdirs": {"small": "/projects/vision/runs/a", "large": "/global/runs/b"}}``
- ``{"paths": ["projects/vision/runs/a"]}``, as the file browser names directories
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mofang_tensorboard.allowed_roots import AllowedRoots
from mofang_tensorboard.errors import WrongRequestError

MOST_DIRECTORIES = 20
LONGEST_NAME = 100

FORMS = (
    'Say what to show: {"logdir": <absolute path>}, or '
    '{"logdirs": {<name>: <absolute path>, …}} to compare.'
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Directories that are shown together; equal ones share a TensorBoard."""

    runs: tuple[tuple[str, Path], ...]
    """Name and directory of each, in order; one that stands alone has no name."""

    @property
    def is_comparison(self) -> bool:
        return bool(self.runs[0][0])

    @property
    def text(self) -> str:
        """What to call it in a sentence."""
        return ", ".join(name or str(path) for name, path in self.runs)


def read_selection(body: Any, allowed: AllowedRoots, browser_root: Path) -> Selection:
    """Return what a body asks for, with directories that exist.

    Args:
        body: The request's JSON, of whatever kind.
        allowed: Where directories may be.
        browser_root: The directory that the file browser's paths are in.

    Raises:
        TensorBoardError: It asks for nothing that can be shown.
    """
    match body:
        case {"logdir": str(text), **rest} if not rest:
            return Selection((("", allowed.find(text, "logdir")),))
        case {"logdirs": dict(named), **rest} if not rest:
            return _comparison(named, allowed)
        case {"paths": [str(path)], **rest} if not rest:
            return Selection((("", allowed.find(str(browser_root / path), "paths")),))
        case {"paths": [*paths], **rest} if not rest and paths:
            return _comparison(_named(paths, browser_root), allowed, "paths")
    raise WrongRequestError(FORMS)


def _comparison(
    named: Mapping[str, object], allowed: AllowedRoots, field: str = ""
) -> Selection:
    if not 1 <= len(named) <= MOST_DIRECTORIES:
        raise WrongRequestError.of_field(
            field or "logdirs",
            f"{len(named)} directories cannot be compared: "
            f"choose 1 to {MOST_DIRECTORIES}.",
        )
    runs = []
    for name, text in sorted(named.items()):
        own_field = field or f"logdirs.{name}"
        if not _is_name(name):
            raise WrongRequestError.of_field(
                own_field,
                f"{name[:LONGEST_NAME]!r} cannot be the name of a run. Use 1 to "
                f"{LONGEST_NAME} characters without a slash and not a dot first.",
            )
        if not isinstance(text, str):
            raise WrongRequestError.of_field(own_field, "A directory must be a text.")
        runs.append((name, allowed.find(text, own_field)))
    return Selection(tuple(runs))


def _is_name(name: str) -> bool:
    """Tell whether a name can be a directory's, which is what it becomes."""
    return (
        1 <= len(name) <= LONGEST_NAME and name[0] != "." and name.isprintable()
    ) and "/" not in name


def _named(paths: list[Any], browser_root: Path) -> dict[str, object]:
    """Name directories by their last parts, and by more where those are equal."""
    if not all(isinstance(path, str) for path in paths):
        raise WrongRequestError.of_field("paths", "A path must be a text.")
    parts = {path: PurePosixPath(path).parts for path in paths}
    depth = 1
    longest = max(len(each) for each in parts.values())
    while depth < longest and len({each[-depth:] for each in parts.values()}) < len(
        parts
    ):
        depth += 1
    return {
        " · ".join(each[-depth:]) or "/": str(browser_root / path)
        for path, each in parts.items()
    }
