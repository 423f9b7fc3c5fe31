"""Keep code as it is now, so that a job runs what was submitted.

An archive lies in the owner's home under the SHA-256 of its content. The same code is
the same archive, whoever makes it and when; the job's wrapper unpacks it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mofang.archives import DRAFT_PREFIX, archive_of
from mofang.codearchive import write_archive
from mofang.codetree import ChangedError, Entry, list_tree
from mofang.errors import ConfigurationError
from mofang.shorthand import refused
from mofang_api.models import CodeSource

HOME = Path("/home/jovyan")
PROJECTS = Path("/projects")
SHARED = (PROJECTS, Path("/global"))

ATTEMPTS = 3
"""How often a directory is copied that changes meanwhile."""


def create_snapshot(
    directory: str | os.PathLike[str],
    *,
    home: Path = HOME,
    shared: Sequence[Path] = SHARED,
    projects: Path = PROJECTS,
) -> CodeSource:
    """Keep a directory's code as it is now.

    Args:
        directory: What to copy; in the home or below a shared directory.
        home: Where archives are kept, in ``.mofang/code``.
        shared: What jobs see besides.
        projects: Where the directories of projects are; not copied as a whole.

    Raises:
        InvalidError: It is not there, too large, or has what cannot be copied.
        ConfigurationError: The archive cannot be kept.
    """
    source = Path(os.path.abspath(directory))  # noqa: PTH100 - links stay as they are named: the job finds its script by this name
    root = _resolved(source, (home, *shared), projects)
    folder = _folder(home)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            digest = _keep(root, list_tree(root), folder)
        except ChangedError as error:
            if attempt == ATTEMPTS:
                raise refused(
                    code=f"{str(error)!r} in {source} changes while it is copied. Wait "
                    "until it is written, or name it in .mofangignore."
                ) from error
        else:
            return CodeSource(directory=str(source), snapshot=digest)
    raise AssertionError


def _resolved(source: Path, visible: Sequence[Path], projects: Path) -> Path:
    root = Path(os.path.realpath(source))
    if not root.is_dir():
        raise refused(code=f"There is no directory {source}.")
    homes = [Path(os.path.realpath(place)) for place in visible]
    is_visible = any(root.is_relative_to(place) for place in homes)
    # Not all projects at once: a job belongs to one.
    if not is_visible or root == projects:
        leads = "" if root == source else f" leads to {root}, which"
        raise refused(
            code=f"{source}{leads} is not in your home, a project's directory under "
            "/projects, or /global. Copy a directory that is."
        )
    return root


def _folder(home: Path) -> Path:
    folder = archive_of("", home).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise _unkept(folder, error) from error
    return folder


def _keep(root: Path, entries: Sequence[Entry], folder: Path) -> str:
    """Write an archive and give it its name at once and whole; return the name."""
    try:
        fd, temporary = tempfile.mkstemp(prefix=DRAFT_PREFIX, dir=folder)
    except OSError as error:
        raise _unkept(folder, error) from error
    draft = Path(temporary)
    try:
        with os.fdopen(fd, "wb") as file:
            digest = write_archive(file, root, entries)
            file.flush()
            os.fsync(fd)
        target = folder / f"{digest}.tar"
        if target.exists() and target.stat().st_size == draft.stat().st_size:
            # Its age counts from its last use.
            os.utime(target)
        else:
            draft.replace(target)
    except OSError as error:
        raise _unkept(folder, error) from error
    finally:
        draft.unlink(missing_ok=True)
    return digest


def _unkept(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The code cannot be kept in {folder}: {error.strerror or error}. Make room "
        "there, or use the code in place, without a snapshot."
    )
