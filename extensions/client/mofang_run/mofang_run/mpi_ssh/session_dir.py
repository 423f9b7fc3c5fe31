"""The directory of an SSH session: its sshd's configuration, and the host key.

    mofang-guest-<uid>/           our user's alone
    ├── host_key                  made once: a client knows the container by it
    └── session-…/                one session's; locked while it lasts, then removed

A lock on the directory itself keeps two sessions that begin at once apart.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mofang_run.mpi_ssh.executables import make_key
from mofang_run.mpi_ssh.private_tmp import private_tmp
from mofang_run.process.exit_codes import CANNOT_EXECUTE, RefusalError

HOST_KEY = "host_key"
SESSION = "session-"

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def session_dir() -> Iterator[Path]:
    """Create a session's directory beside the host key, and remove it at the end.

    Raises:
        RefusalError: It cannot be created, or other users may write to it.
    """
    home = private_tmp() / f"mofang-guest-{os.getuid()}"
    try:
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
        with _locked(home):
            _check(home)
            _remove_left(home)
            _ensure_host_key(home)
            workdir = Path(tempfile.mkdtemp(prefix=SESSION, dir=str(home)))
            lock = os.open(str(workdir), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        raise RefusalError(
            f"The directory {home}, which an SSH session needs, cannot be used: "
            f"{error.strerror}.",
            CANNOT_EXECUTE,
        ) from error
    try:
        yield workdir
    finally:
        shutil.rmtree(str(workdir), ignore_errors=True)
        os.close(lock)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    # Through no link: what it leads to may be anybody's.
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    directory = os.open(str(home), flags)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _check(home: Path) -> None:
    state = home.lstat()
    if state.st_uid != os.getuid() or state.st_mode & _OTHERS:
        raise RefusalError(
            f"The directory {home} must belong to user {os.getuid()} alone. Remove it, "
            "and connect again.",
            CANNOT_EXECUTE,
        )


def _ensure_host_key(home: Path) -> None:
    path = home / HOST_KEY
    if path.exists():
        return
    scratch = Path(tempfile.mkdtemp(prefix=SESSION, dir=str(home)))
    try:
        make_key(scratch / HOST_KEY, user="SSH sessions")
        # In one step: a session that is killed here leaves no half a key.
        (scratch / HOST_KEY).rename(path)
    finally:
        shutil.rmtree(str(scratch), ignore_errors=True)


def _remove_left(home: Path) -> None:
    """Remove what sessions left that were killed: nobody holds their locks."""
    for workdir in home.glob(f"{SESSION}*"):
        with suppress(OSError):
            lock = os.open(str(workdir), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(str(workdir), ignore_errors=True)
            finally:
                os.close(lock)
