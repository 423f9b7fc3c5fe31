"""Keep code as it is now, so that a job runs what was submitted.

An archive lies in the owner's home under the SHA-256 of its content. The same code is
the same archive, whoever makes it and when; the job's wrapper unpacks it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mofang.codearchive import write_archive
from mofang.codetree import ChangedError, Entry, list_tree
from mofang.errors import ConfigurationError
from mofang.forms import refused
from mofang.models import CodeSource

HOME = Path("/home/jovyan")
PROJECTS = Path("/projects")
SHARED = (PROJECTS, Path("/global"))

ATTEMPTS = 3
"""How often a directory is copied that changes meanwhile."""

KEPT = timedelta(days=30)
"""How long an archive stays that no unfinished job needs; so long as its logs."""

MAX_REMOVED = 50
"""So that nobody waits for a submission because of many old archives."""

_ARCHIVE = re.compile(r"([0-9a-f]{64})\.tar")
_DRAFT_PREFIX = ".draft-"
_DRAFT_AGE = timedelta(days=1)


def create_snapshot(
    directory: str | os.PathLike[str],
    *,
    home: Path = HOME,
    shared: Sequence[Path] = SHARED,
) -> CodeSource:
    """Keep a directory's code as it is now.

    Args:
        directory: What to copy; in the home or below a shared directory.
        home: Where archives are kept, in ``.mofang/code``.
        shared: What jobs see besides.

    Raises:
        InvalidError: It is not there, too large, or has what cannot be copied.
        ConfigurationError: The archive cannot be kept.
    """
    source = Path(os.path.abspath(directory))  # noqa: PTH100 - links stay as they are named: the job finds its script by this name
    root = _resolved(source, home, shared)
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


def archive_of(snapshot: str, home: Path) -> Path:
    """Return where a snapshot is kept."""
    return home / ".mofang" / "code" / f"{snapshot}.tar"


def old_snapshots(home: Path, now: datetime | None = None) -> list[str]:
    """Return the snapshots that nobody made or used for ``KEPT``, oldest first."""
    limit = ((now or datetime.now(UTC)) - KEPT).timestamp()
    ages = []
    for path in archive_of("", home).parent.glob("*.tar"):
        match = _ARCHIVE.fullmatch(path.name)
        changed = _changed(path)
        if match and changed is not None and changed < limit:
            ages.append((changed, match[1]))
    return [snapshot for _, snapshot in sorted(ages)]


def remove_old_snapshots(
    home: Path, in_use: Collection[str], now: datetime | None = None
) -> int:
    """Remove old archives, but those in use, and what interrupted copies left.

    Returns:
        How many went; at most ``MAX_REMOVED``, the rest goes the next time.
    """
    now = now or datetime.now(UTC)
    old = [name for name in old_snapshots(home, now) if name not in in_use]
    paths = [archive_of(name, home) for name in old[:MAX_REMOVED]]
    folder = archive_of("", home).parent
    for draft in folder.glob(f"{_DRAFT_PREFIX}*"):
        changed = _changed(draft)
        if changed is not None and changed < (now - _DRAFT_AGE).timestamp():
            paths.append(draft)
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        # Another notebook of the same owner removed it meanwhile.
        return None


def _resolved(source: Path, home: Path, shared: Sequence[Path]) -> Path:
    root = Path(os.path.realpath(source))
    if not root.is_dir():
        raise refused(code=f"There is no directory {source}.")
    homes = [Path(os.path.realpath(place)) for place in (home, *shared)]
    is_seen = any(root.is_relative_to(place) for place in homes)
    # Not all projects at once: a job belongs to one.
    if not is_seen or root == PROJECTS:
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
        fd, temporary = tempfile.mkstemp(prefix=_DRAFT_PREFIX, dir=folder)
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
