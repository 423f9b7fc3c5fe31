"""Know which files of a folder count, and hash them.

Pure reading: nothing is run and nothing is written.
"""

import hashlib
import json
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

# How a package says that another is in the same workspace.
_WORKSPACE = "workspace:"


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


def project_digest(project: Path) -> str:
    """Hash the sources of a project's wheel.

    An extension of JupyterLab is built in a workspace: the workspace's own files, its
    lock among them, and the folders of the workspace that the extension depends on
    count like the extension's.

    Raises:
        SourceError: There is no such folder.
    """
    needed = _workspace_dependencies(project)
    if not needed:
        return folder_digest(project)
    parts: list[str | bytes] = [folder_digest(each) for each in (project, *needed)]
    for file in sorted(project.parent.iterdir()):
        if file.is_file() and file.name not in _IGNORED_FILES:
            parts += [file.name, file.read_bytes()]
    return digest(parts)


def _workspace_dependencies(project: Path) -> list[Path]:
    """List the folders of a workspace that one of its packages depends on."""
    manifest = project / "package.json"
    if not manifest.is_file():
        return []
    needed = json.loads(manifest.read_bytes()).get("dependencies", {})
    names = [name for name, version in needed.items() if version.startswith(_WORKSPACE)]
    folders = {
        json.loads(each.read_bytes())["name"]: each.parent
        for each in project.parent.glob("*/package.json")
    }
    if missing := sorted(set(names) - folders.keys()):
        raise SourceError(f"{manifest} needs {missing}, which is not beside it.")
    return [folders[name] for name in names]
