"""The directories of a person's storage in this server, and what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mofang_files.confined import opened
from mofang_files.errors import AbsentError, FilesError, OutsideError

SNAPSHOTS = ".snap"


@dataclass(frozen=True, slots=True)
class Root:
    """One directory with a quota of its own."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class ConfinedPath:
    """Where something is, or was, beneath a root; it need not exist.

    Whoever uses it opens the directories above part by part: others may put links in
    their places at any time.
    """

    root: Root
    parts: tuple[str, ...]
    """Empty for the root itself."""

    @property
    def name(self) -> str:
        return self.parts[-1] if self.parts else self.root.path.name


def are_parts(parts: Sequence[str]) -> bool:
    """Say whether names are a path beneath a directory, and of no snapshot."""
    return bool(parts) and not any(
        each in {"", ".", "..", SNAPSHOTS} or "/" in each or "\0" in each
        for each in parts
    )


@contextmanager
def opened_parent(path: ConfinedPath) -> Iterator[int]:
    """Open the directory that something is in.

    Raises:
        FilesError: It is the root itself: what is above is not mounted.
        OSError: The directory is not there any more, or a link is in its path.
    """
    if not path.parts:
        raise FilesError(f"{path.name} itself has no versions.")
    with opened(path.root.path, path.parts[:-1]) as folder:
        yield folder


@dataclass(frozen=True, slots=True)
class Roots:
    """The home, and the project's directory."""

    all: tuple[Root, ...]
    browser: Path
    """Where paths of the file browser begin."""

    def find(self, text: str) -> ConfinedPath:
        """Return what a path of the file browser means.

        The directory that it is in is followed through links, the last part is not: a
        link has versions of its own. What does not exist any more may be named.

        Raises:
            FilesError: It is no path below a root; the text says why.
        """
        given_parts = [part for part in text.split("/") if part]
        if not given_parts or "\0" in text or not are_parts(given_parts):
            raise FilesError(f"{text!r} is not a path of the file browser.")
        try:
            os.fsencode(text)
        except UnicodeEncodeError as err:
            raise FilesError("The path has characters that no file can have.") from err
        given = self.browser.joinpath(*given_parts)
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
                parts = path.relative_to(top).parts
                if SNAPSHOTS in parts:
                    break
                return ConfinedPath(Root(root.name, top), parts)
        names = " or ".join(str(root.path) for root in self.all)
        raise OutsideError(f"{given} is not in {names}, which alone have versions.")
