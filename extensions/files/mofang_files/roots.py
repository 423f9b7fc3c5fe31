"""The directories of a person's storage in this server."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mofang_files.errors import AbsentError, FilesError, OutsideError

SNAPSHOTS = ".snap"


@dataclass(frozen=True, slots=True)
class Root:
    """One directory with a quota of its own."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Roots:
    """The home, and the project's directory."""

    all: tuple[Root, ...]
    browser: Path
    """Where paths of the file browser begin."""

    def find(self, text: str) -> tuple[Root, Path]:
        """Return what a path of the file browser means, and the root that it is in.

        The directory that it is in is followed through links, the last part is not: a
        link has versions of its own. What does not exist any more may be named.

        Raises:
            FilesError: It is no path below a root; the text says why.
        """
        parts = [part for part in text.split("/") if part]
        if not parts or "\0" in text or {".", "..", SNAPSHOTS} & set(parts):
            raise FilesError(f"{text!r} is not a path of the file browser.")
        given = self.browser.joinpath(*parts)
        try:
            parent = given.parent.resolve(strict=True)
        except FileNotFoundError as err:
            raise AbsentError(f"There is no directory {given.parent}.") from err
        except (OSError, RuntimeError) as err:
            raise FilesError(f"{text!r} cannot be followed.") from err
        path = parent / given.name
        for root in self.all:
            top = Path(os.path.realpath(root.path))
            if path == top or path.is_relative_to(top):
                if SNAPSHOTS in path.relative_to(top).parts:
                    break
                return Root(root.name, top), path
        names = " or ".join(str(root.path) for root in self.all)
        raise OutsideError(f"{given} is not in {names}, which alone have versions.")
