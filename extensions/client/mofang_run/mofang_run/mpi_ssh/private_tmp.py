"""Find a directory for SSH keys that is not on a shared volume.

``TMPDIR`` is not used: it may be on a shared volume, where all users have the same uid,
so that file modes do not keep other members of a project out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mofang_run.job.settings import CACHE
from mofang_run.process.exit_codes import CANNOT_EXECUTE, RefusalError

CANDIDATES = ("/tmp", "/var/tmp", CACHE, "/dev/shm")  # noqa: S108 - guarded by who uses it
"""Tried in this order, so that all sessions of a container find the same one."""

SHARED = ("/home", "/projects", "/global")
"""Volumes that other containers mount."""

# sshd's configuration and a shell's command line name files in it.
_PLAIN = re.compile(r"/[A-Za-z0-9_./+:,-]*")


def private_tmp(
    candidates: Sequence[str] | None = None, shared: Sequence[str] = SHARED
) -> Path:
    """Return the first writable directory that no other container mounts.

    Args:
        candidates: Directories, in the order in which they are tried; None for
            ``CANDIDATES``.
        shared: Where volumes are mounted that other containers mount too.

    Raises:
        RefusalError: There is none.
    """
    candidates = CANDIDATES if candidates is None else candidates
    for candidate in candidates:
        # An image may have made a link of it.
        path = Path(os.path.realpath(candidate))
        is_writable = path.is_dir() and os.access(str(path), os.W_OK | os.X_OK)
        if is_writable and _is_ours(path, shared):
            return path
    raise RefusalError(
        f"User {os.getuid()} can write to none of {', '.join(candidates)}, where this "
        "container's keys for SSH would lie. Choose an image in which everybody may "
        "write to /tmp.",
        CANNOT_EXECUTE,
    )


def _is_ours(path: Path, shared: Sequence[str]) -> bool:
    if not _PLAIN.fullmatch(str(path)):
        return False
    return not any(Path(each) in (path, *path.parents) for each in shared)
