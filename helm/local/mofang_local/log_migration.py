"""State 2 → 3: logs leave the directories that members of projects share.

Members write there, so nothing is followed: each directory is opened by itself, in the
one that was opened before it. Each log moves by one rename; interrupted, the migration
does the rest when it runs again.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_local.local_paths import LocalPaths

OWNER = 1000
"""Of all containers; ``mofang_kube.names.UID``."""

MODES = {
    "users": 0o711,
    "projects": 0o711,
    "global": 0o755,
    "logs": 0o711,
    "environments": 0o711,
    "data": 0o755,
}
"""Directories of the shared file system, as the chart's reconciler makes them."""

_PRIVATE_MODE = 0o770
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_JOB_ID = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}")


def make_shared_directories(storage: Path) -> None:
    """Make the directories that volumes begin with, and close those that are there.

    The launcher is root; its tests need not be.
    """
    for name, mode in MODES.items():
        directory = storage / name
        directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(directory, OWNER, OWNER)
        directory.chmod(mode)


def migrate_logs(found: LocalPaths) -> None:
    """Move the logs of all projects to ``logs``, and close homes to strangers."""
    make_shared_directories(found.storage)
    with _opened(None, str(found.storage)) as storage:
        with _opened(storage, "users") as users:
            for home in _directories(users):
                _give(users, home, _PRIVATE_MODE)
        with _opened(storage, "projects") as projects, _opened(storage, "logs") as logs:
            for project in _directories(projects):
                _move_logs(projects, project, logs)


def _move_logs(projects: int, project: str, logs: int) -> None:
    try:
        with (
            _opened(projects, project) as shared,
            _opened(shared, ".mofang") as hidden,
            _opened(hidden, "logs") as source,
        ):
            if project not in _directories(logs):
                os.mkdir(project, dir_fd=logs)
            _give(logs, project, MODES["logs"])
            with _opened(logs, project) as target:
                there = _directories(target)
                for job in _directories(source):
                    if _JOB_ID.fullmatch(job) and job not in there:
                        os.rename(job, job, src_dir_fd=source, dst_dir_fd=target)
                        _give(target, job, _PRIVATE_MODE)
    except (FileNotFoundError, NotADirectoryError):
        # It has no logs, or a member has put something else in their place.
        return


def _directories(parent: int) -> list[str]:
    with os.scandir(parent) as entries:
        return [each.name for each in entries if each.is_dir(follow_symlinks=False)]


def _give(parent: int, name: str, mode: int) -> None:
    with _opened(parent, name) as directory:
        if os.geteuid() == 0:
            os.fchown(directory, OWNER, OWNER)
        if stat.S_IMODE(os.fstat(directory).st_mode) != mode:
            os.fchmod(directory, mode)


@contextmanager
def _opened(parent: int | None, name: str) -> Iterator[int]:
    directory = os.open(name, _DIRECTORY, dir_fd=parent)
    try:
        yield directory
    finally:
        os.close(directory)
