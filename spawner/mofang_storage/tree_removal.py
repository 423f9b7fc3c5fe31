"""Remove a tree that users have made, of any depth and size, in bounded steps.

Directories within directories are moved up beneath the topmost one before they are
emptied, so that two of them are open at a time, however deep the tree is. What a step
leaves is a smaller tree, and the next step goes on with it. Nothing is followed: each
name is opened, moved or removed in a directory that is open.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

STEP_ENTRIES = 10_000
"""Entries that one step removes or moves, a second's work on a slow storage."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_UNREADABLE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TOKEN_BYTES = 8


@dataclass(slots=True)
class _Budget:
    """How many entries a step may still remove or move."""

    entries: int

    @property
    def is_used_up(self) -> bool:
        return self.entries <= 0

    def spend(self) -> None:
        self.entries -= 1


def remove_tree(parent: int, name: str, *, entries: int = STEP_ENTRIES) -> bool:
    """Remove what has a name in a directory; return whether all of it is gone.

    Args:
        parent: Descriptor of the directory.
        name: Of a file, a link or a directory in it; none is fine.
        entries: At most so many entries are removed or moved.

    Raises:
        OSError: Something cannot be removed; what was in its way is another error with
            each step.
    """
    budget = _Budget(entries)
    try:
        kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(kind):
            os.unlink(name, dir_fd=parent)
            return True
        if _is_removed(parent, name):
            return True
        with _opened(parent, name) as top:
            if not _empty_top(top, budget):
                return False
        os.rmdir(name, dir_fd=parent)
    except FileNotFoundError:
        return True
    except OSError as err:
        # Who still runs has written something meanwhile.
        if err.errno == errno.ENOTEMPTY:
            return False
        raise
    return True


def _empty_top(top: int, budget: _Budget) -> bool:
    """Empty the topmost directory, those in it one after the other."""
    prefix = f".removed-{secrets.token_hex(_TOKEN_BYTES)}"
    moved = 0
    while not budget.is_used_up:
        directory = _remove_files(top, budget)
        if directory is None:
            return not budget.is_used_up
        with _opened(top, directory) as inner:
            while not budget.is_used_up:
                deeper = _remove_files(inner, budget)
                if deeper is None:
                    break
                _move_up(inner, deeper, top, f"{prefix}-{moved}")
                moved += 1
                budget.spend()
        if not budget.is_used_up:
            with suppress(FileNotFoundError):
                os.rmdir(directory, dir_fd=top)
            budget.spend()
    return False


def _remove_files(directory: int, budget: _Budget) -> str | None:
    """Remove what is no directory; return the first one that is and is not empty."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if budget.is_used_up:
                return None
            if not entry.is_dir(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    os.unlink(entry.name, dir_fd=directory)
                budget.spend()
            elif _is_removed(directory, entry.name):
                budget.spend()
            else:
                return entry.name
    return None


def _is_removed(parent: int, name: str) -> bool:
    """Remove a directory that is empty, whoever owns it; return whether it was."""
    try:
        os.rmdir(name, dir_fd=parent)
    except FileNotFoundError:
        return True
    except OSError as err:
        if err.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        return False
    return True


def _move_up(inner: int, name: str, top: int, new_name: str) -> None:
    try:
        os.rename(name, new_name, src_dir_fd=inner, dst_dir_fd=top)
    except PermissionError:
        # A directory changes when it gets another parent.
        with _opened(inner, name):
            os.rename(name, new_name, src_dir_fd=inner, dst_dir_fd=top)


@contextmanager
def _opened(parent: int, name: str) -> Iterator[int]:
    """Open a directory so that its entries can be removed, whatever its mode is."""
    found = os.open(name, _UNREADABLE, dir_fd=parent)
    try:
        mode = stat.S_IMODE(os.fstat(found).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            # By the descriptor: another name may lead elsewhere by now.
            Path(f"/proc/self/fd/{found}").chmod(mode | stat.S_IRWXU)
        directory = os.open(name, _DIRECTORY, dir_fd=parent)
        try:
            yield directory
        finally:
            os.close(directory)
    finally:
        os.close(found)
