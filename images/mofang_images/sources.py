"""Read the folders that images are made from.

Pure reading: nothing is run and nothing is written.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_images.errors import SourceError

ROOT_PARENT = "debian"
"""The parent that is not an image of ours: a plain Debian bookworm."""

SHARED_FOLDER = "shared"
"""Files beside the images that go into the build of each."""

# Made by tools, or read by people only: never part of what is built.
_IGNORED_FOLDERS = frozenset(
    {
        "node_modules",
        "labextension",
        "__pycache__",
        "dist",
        "tests",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".yarn",
    }
)
_IGNORED_SUFFIXES = (".pyc", ".tsbuildinfo", ".egg-info", ".in", "~", ".swp")
_IGNORED_FILES = frozenset({"README.md", "overrides.txt"})
# Output of the TypeScript compiler, at the top of an extension.
_IGNORED_AT_TOP = frozenset({"lib", "build"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """One image as its folder declares it."""

    name: str
    folder: Path

    parent: str
    """Name of another image, or ``debian``."""

    projects: tuple[str, ...]
    """Folders of our Python projects whose wheels it installs, from the root."""

    revision: int
    """Raised by hand to build again with the newest Debian packages."""


def read_sources(images: Path) -> dict[str, ImageSource]:
    """Return every image declared in a folder of images, parents first.

    Raises:
        SourceError: A declaration is incomplete, or parents go round in circles.
    """
    found = {
        declaration.parent.name: _read_source(declaration)
        for declaration in sorted(images.glob("*/image.toml"))
    }
    return with_parents(found, found)


def with_parents(
    sources: Mapping[str, ImageSource], names: Iterable[str]
) -> dict[str, ImageSource]:
    """Return the images of these names and their ancestors, parents first.

    Raises:
        SourceError: A name is not an image's.
    """
    ordered: dict[str, ImageSource] = {}
    for name in names:
        for source in _lineage(name, sources):
            ordered.setdefault(source.name, source)
    return ordered


def _read_source(declaration: Path) -> ImageSource:
    text = tomllib.loads(declaration.read_text())
    if unknown := text.keys() - {"parent", "projects", "revision"}:
        raise SourceError(f"{declaration} has unknown keys: {sorted(unknown)}.")
    try:
        return ImageSource(
            name=declaration.parent.name,
            folder=declaration.parent,
            parent=text["parent"],
            projects=tuple(text["projects"]),
            revision=text["revision"],
        )
    except KeyError as err:
        raise SourceError(f"{declaration} does not say {err}.") from err


def _lineage(name: str, sources: Mapping[str, ImageSource]) -> list[ImageSource]:
    """Return an image and its ancestors, oldest first."""
    line: list[ImageSource] = []
    while name != ROOT_PARENT:
        if name not in sources:
            raise SourceError(
                f"No image is called {name}; there are {', '.join(sources)}."
            )
        if any(source.name == name for source in line):
            raise SourceError(f"The image {name} is its own ancestor.")
        line.insert(0, sources[name])
        name = sources[name].parent
    return line


def input_files(folder: Path) -> list[Path]:
    """List the files of a folder that count, without what tools left there."""
    return sorted(_walk(folder, at_top=True))


def _walk(folder: Path, *, at_top: bool) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in _IGNORED_FILES or entry.name.endswith(_IGNORED_SUFFIXES):
            continue
        if not entry.is_dir():
            yield entry
        elif entry.name not in _IGNORED_FOLDERS and not (
            at_top and entry.name in _IGNORED_AT_TOP
        ):
            yield from _walk(entry, at_top=False)


def digest(parts: Iterable[str | bytes]) -> str:
    """Hash parts in order, each with its length, so that borders count."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(f"{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def folder_digest(folder: Path) -> str:
    """Hash the paths, executable bits and contents of a folder's files.

    Raises:
        SourceError: There is no such folder.
    """
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder} to build from.")
    parts: list[str | bytes] = []
    for file in input_files(folder):
        executable = bool(file.stat().st_mode & 0o100)
        parts += [file.relative_to(folder).as_posix(), str(executable)]
        parts.append(file.read_bytes())
    return digest(parts)
