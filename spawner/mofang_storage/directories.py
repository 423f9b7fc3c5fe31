"""Make a directory of the storage with its owner and mode, or put these right."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mofang_storage.base import DirectoryError, StorageDirectory
from mofang_storage.confined_fs import make_folder, opened_folder


def ensure_directory(root: Path, directory: StorageDirectory, owner: int) -> None:
    """Make a directory; of one that is there, change the mode at most.

    Only its last part is made: what is above must be there, with a mode of its own.

    Args:
        root: Of the storage.
        directory: Which one.
        owner: User and group of one that is made.

    Raises:
        OSError: It cannot be made.
        DirectoryError: It belongs to somebody else, and is left as it is.
        UnsafePathError: Something that is no directory is in the way.
    """
    with opened_folder(root, directory.parts[:-1]):
        pass
    make_folder(root, directory.parts, directory.mode, owner)
    with opened_folder(root, directory.parts) as found:
        status = os.fstat(found)
        if not directory.keep_mode or stat.S_IMODE(status.st_mode) == directory.mode:
            return
        if os.geteuid() not in {0, status.st_uid}:
            raise DirectoryError(
                f"The directory {directory} belongs to user {status.st_uid} and stays "
                f"open as it is (mode {stat.S_IMODE(status.st_mode):o}): run "
                f"`chown {owner}:{owner}` on it."
            )
        os.fchmod(found, directory.mode)
