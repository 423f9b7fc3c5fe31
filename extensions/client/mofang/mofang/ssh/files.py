"""Files that several commands may change at once, and that are never seen half done."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mofang.errors import ConfigurationError
from mofang.settings import config_file

if sys.platform != "win32":
    import fcntl


def ssh_directory(environment: Mapping[str, str]) -> Path:
    """Return where keys, known hosts and blocks are kept."""
    return config_file(environment).absolute().with_name("ssh")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Make a private directory if need be, and keep other commands out of it."""
    path = directory / ".lock"
    with file_errors(path):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if sys.platform != "win32":
            with file_errors(path):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes:
    """Return a file's content; nothing where there is none."""
    try:
        with file_errors(path):
            return path.read_bytes()
    except FileNotFoundError:
        return b""


def replace(path: Path, content: bytes) -> None:
    """Give a file other content at once; links are followed, modes are kept."""
    target = Path(os.path.realpath(path))
    with file_errors(path):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                with suppress(FileNotFoundError):
                    before = target.stat()
                    _take_after(draft, before)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Re-raise errors of a file as ours, except that it does not exist.

    Raises:
        ConfigurationError: It cannot be read or written.
        FileNotFoundError: It is not there.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be used: {error}.") from error


def _take_after(draft: str, before: os.stat_result) -> None:
    Path(draft).chmod(stat.S_IMODE(before.st_mode))
    if (before.st_uid, before.st_gid) != (os.getuid(), os.getgid()):
        with suppress(PermissionError):
            os.chown(draft, before.st_uid, before.st_gid)
