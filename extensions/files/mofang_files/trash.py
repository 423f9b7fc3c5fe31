"""The Trash of a directory, as freedesktop.org specifies it: nothing is freed by it.

Files and directories stay on their file system and are renamed, so that moving them
back is as quick, whatever their size is.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from mofang_files.confined import opened
from mofang_files.kinds import Parts

_OCCUPIED = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Trash:
    """The Trash of a home, or of a project's directory."""

    root: Path
    """Without links."""
    parts: Parts
    """Its path beneath that."""

    def put(self, parent: int, parts: Parts, *, now: datetime | None = None) -> str:
        """Move something to the Trash; return its name there.

        Args:
            parent: Descriptor of the directory that has it.
            parts: Its path beneath the root.
            now: The time; the computer's by default.

        Raises:
            OSError: It cannot be moved; it is where it was then.
        """
        name = f"{parts[-1][:100]}.{secrets.token_hex(4)}"
        deleted = (now or datetime.now().astimezone()).strftime("%Y-%m-%dT%H:%M:%S")
        path = quote(os.fsencode(self.root.joinpath(*parts)))
        text = f"[Trash Info]\nPath={path}\nDeletionDate={deleted}\n"
        with self._opened() as (files, records):
            record = os.open(_record(name), _NEW, 0o600, dir_fd=records)
            with open(record, "w", encoding="utf-8") as file:  # noqa: PTH123 - as opened
                file.write(text)
            try:
                os.rename(parts[-1], name, src_dir_fd=parent, dst_dir_fd=files)
            except OSError:
                os.unlink(_record(name), dir_fd=records)
                raise
        return name

    def undo_put(self, name: str, parent: int, new_name: str) -> None:
        """Move something from the Trash to where nothing is.

        Args:
            name: As ``put`` returned it.
            parent: Descriptor of the directory that is to have it.
            new_name: In that directory.

        Raises:
            FileExistsError: Something has that name.
            OSError: It cannot be moved; it is in the Trash then, or nowhere.
        """
        with self._opened() as (files, records):
            move_new(files, name, parent, new_name)
            with suppress(FileNotFoundError):
                os.unlink(_record(name), dir_fd=records)

    @contextmanager
    def removing(self, name: str) -> Iterator[int]:
        """Yield the directory of the Trash that has something; then forget it.

        Raises:
            OSError: The Trash cannot be opened.
        """
        with self._opened() as (files, records):
            yield files
            with suppress(FileNotFoundError):
                os.unlink(_record(name), dir_fd=records)

    @contextmanager
    def _opened(self) -> Iterator[tuple[int, int]]:
        """Open both directories of the Trash, and make what is missing."""
        with (
            opened(self.root, (*self.parts, "files"), make=True) as files,
            opened(self.root, (*self.parts, "info"), make=True) as records,
        ):
            yield files, records


def move_new(source: int, name: str, target: int, new_name: str) -> None:
    """Rename something to a name that nothing has.

    Args:
        source: Descriptor of its directory.
        name: In that.
        target: Descriptor of the directory that it is moved to.
        new_name: In that.

    Raises:
        FileExistsError: Something has it.
        OSError: It cannot be renamed.
    """
    status = os.stat(name, dir_fd=source, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        # Unlike a rename, it replaces nothing.
        os.link(
            name,
            new_name,
            src_dir_fd=source,
            dst_dir_fd=target,
            follow_symlinks=False,
        )
        os.unlink(name, dir_fd=source)
        return
    try:
        # An empty directory alone is replaced, and nothing lost by that.
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    except OSError as err:
        if err.errno in _OCCUPIED:
            raise FileExistsError(errno.EEXIST, "It is there again") from err
        raise


def _record(name: str) -> str:
    return f"{name}.trashinfo"
