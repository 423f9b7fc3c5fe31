"""Where a person's packages of an environment are, and what is recorded of them."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

HOME_VARIABLE = "MOFANG_HOME"
"""Where a job has its owner's home; there HOME is the user's to change."""

NAME_VARIABLE = "MOFANG_ENVIRONMENT"
SAFE_MODE_VARIABLE = "MOFANG_SAFE_MODE"
"""Set in a notebook server that was started without the person's own packages."""

FOLDER = Path(".mofang", "environments")
MANIFEST = "mofang-environment.json"
FORMAT = 1
"""Raised when directories of an older release must be made anew."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class PackagesError(Exception):
    """The directory cannot be made or used; a sentence says why."""


@dataclass(frozen=True)
class Manifest:
    """What the directory held when it was made."""

    identity: str
    """Of the image it was made from."""

    python: str
    """``3.13``."""

    distributions: Mapping[str, str]
    """Version by normalized name, of what the image brought."""

    entries: tuple[str, ...]
    """Names of the files and folders in its ``site-packages``."""

    generated: tuple[str, ...]
    """Paths of files and links that are ours, where neither tells by itself."""

    sources: tuple[str, ...]
    """Folders of the image that its links lead to."""

    is_linked: bool = True
    """Whether it holds links to the image's packages; else these are on its path."""

    notice: str = ""
    """What the person must be told of the last update; empty for nothing."""

    format: int = FORMAT

    def text(self) -> str:
        """Return the file's content."""
        return json.dumps(asdict(self), indent=0)


@dataclass(frozen=True)
class Directory:
    """The directory of one environment, there or not."""

    name: str
    path: Path
    lock_file: Path = field(init=False)

    def __post_init__(self) -> None:
        """Name the file that is locked while the directory is made."""
        lock_file = self.path.with_name(f".{self.name}.lock")
        object.__setattr__(self, "lock_file", lock_file)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    def site_packages(self, version: str) -> Path:
        """Return where its packages are, for a Python such as ``3.13``."""
        return self.path / site_folder(version)

    def is_usable(self, version: str) -> bool:
        """Tell whether its Python runs in this image."""
        return os.access(str(self.python), os.X_OK) and (
            self.site_packages(version).is_dir()
        )

    def read_manifest(self) -> Manifest | None:
        """Return what is recorded; None if there is nothing that can be used."""
        try:
            content = json.loads((self.path / MANIFEST).read_text())
            manifest = Manifest(
                **{
                    **content,
                    **{
                        name: tuple(content[name])
                        for name in ("entries", "generated", "sources")
                    },
                }
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return manifest if manifest.format == FORMAT else None

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the lock; yields whether the file system knows locks at all.

        Raises:
            OSError: The lock's file cannot be made.
        """
        fd = os.open(str(self.lock_file), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _lock(fd, fcntl.LOCK_EX)
        finally:
            os.close(fd)

    def is_busy(self) -> bool:
        """Tell whether somebody makes it at this moment."""
        try:
            fd = os.open(str(self.lock_file), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            _lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False


def _lock(fd: int, operation: int) -> bool:
    try:
        fcntl.flock(fd, operation)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def site_folder(version: str) -> str:
    """Return where packages are below the prefix of a virtual environment."""
    return f"lib/python{version}/site-packages"


def find_directory(
    environment: Mapping[str, str], *, to_mend: bool = False
) -> Directory | None:
    """Return the directory that the variables name; None off the platform.

    None in safe mode too, where no process uses it, unless it is wanted to mend it.
    The name is checked: it becomes a part of a path.
    """
    if environment.get(SAFE_MODE_VARIABLE) and not to_mend:
        return None
    name = environment.get(NAME_VARIABLE, "")
    home = environment.get(HOME_VARIABLE) or environment.get("HOME", "")
    if not _NAME.fullmatch(name) or not home.startswith("/"):
        return None
    return Directory(name, Path(home) / FOLDER / name)
