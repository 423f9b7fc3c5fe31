"""Know which files of a folder count, and hash them.

Pure reading: nothing is run and nothing is written.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from mofang_images.errors import SourceError

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


def input_files(folder: Path, *, for_people: bool = False) -> list[Path]:
    """List the files of a folder that count, without what tools left there.

    ``for_people``: the folder is copied to be read, so its READMEs count, too.
    """
    ignored = frozenset[str]() if for_people else _IGNORED_FILES
    return sorted(_walk(folder, ignored, at_top=True))


def _walk(folder: Path, ignored: frozenset[str], *, at_top: bool) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in ignored or entry.name.endswith(_IGNORED_SUFFIXES):
            continue
        if not entry.is_dir():
            yield entry
        elif entry.name not in _IGNORED_FOLDERS and not (
            at_top and entry.name in _IGNORED_AT_TOP
        ):
            yield from _walk(entry, ignored, at_top=False)


def digest(parts: Iterable[str | bytes]) -> str:
    """Hash parts in order, each with its length, so that borders count."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(f"{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def folder_digest(folder: Path, *, for_people: bool = False) -> str:
    """Hash the paths, executable bits and contents of a folder's files.

    Raises:
        SourceError: There is no such folder.
    """
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder} to build from.")
    parts: list[str | bytes] = []
    for file in input_files(folder, for_people=for_people):
        executable = bool(file.stat().st_mode & 0o100)
        parts += [file.relative_to(folder).as_posix(), str(executable)]
        parts.append(file.read_bytes())
    return digest(parts)
