"""Files by which the launcher and the workers of an MPI job find each other.

The directory is in the owner's home and belongs to one attempt of one job. Workers
write ``<role>-<index>.json``, the launcher its public key; ``launcher.heartbeat`` shows
that it lives; ``finished``, or a missing directory, says that the job is done. No
secrets are kept in it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mofang_run.job.settings import MAX_PORT
from mofang_run.process.exit_codes import CANNOT_EXECUTE, WRONG_SETTINGS, RefusalError
from mofang_run.process.files import write_whole

BEAT_SECONDS = 5.0

MAX_MESSAGE_BYTES = 2048

_PRIVATE = stat.S_IRWXG | stat.S_IRWXO
_HOST_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/=]{1,200}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Announcement:
    """A worker that is ready."""

    ip: str
    port: int
    host_key: str
    """Type and key, as in ``known_hosts``."""

    user: str
    slots: int
    """How many processes run there."""


class RendezvousDir:
    """The rendezvous directory of one attempt, as one of its replicas uses it."""

    def __init__(self, path: Path) -> None:
        """Make it, or enter what another replica made.

        Raises:
            RefusalError: It cannot be made, or others than its owner may use it.
        """
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            state = path.lstat()
        except OSError as error:
            raise RefusalError(
                f"The directory {path}, by which the replicas of this job find each "
                f"other, cannot be made: {error.strerror}. Free space in your home.",
                CANNOT_EXECUTE,
            ) from error
        is_ours = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
        if not is_ours or state.st_mode & _PRIVATE:
            raise RefusalError(
                f"The directory {path} must belong to user {os.getuid()} alone. "
                "Remove it, and submit the job again.",
                CANNOT_EXECUTE,
            )

    @property
    def authorized_keys(self) -> Path:
        """The launcher's public key."""
        return self.path / "launcher.pub"

    @property
    def _beat(self) -> Path:
        return self.path / "launcher.heartbeat"

    @property
    def _over(self) -> Path:
        return self.path / "finished"

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Show that the launcher lives."""
        ended = threading.Event()
        # Left by a launcher before us, if its container was started again.
        with suppress(FileNotFoundError):
            self._over.unlink()
        write_whole(self._beat, b"")

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                # A file system that is away for a while is no reason to end.
                with suppress(OSError):
                    os.utime(str(self._beat))

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def last_beat(self) -> int | None:
        """Return a number that changes while the launcher lives; None before that.

        Raises:
            FileNotFoundError: The job is over.
            OSError: The directory cannot be read now.
        """
        if self._over.exists():
            raise FileNotFoundError
        self.path.stat()
        try:
            return self._beat.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def announce(self, replica: str, announcement: Announcement) -> None:
        """Say that a worker is ready."""
        text = json.dumps(asdict(announcement))
        write_whole(self.path / f"{replica}.json", text.encode(), mode=0o600)

    def find(self, replica: str) -> Announcement | None:
        """Return what a worker said; None if it said nothing yet.

        Raises:
            RefusalError: It said something that no worker of ours says.
        """
        try:
            text = (self.path / f"{replica}.json").read_text()
        except FileNotFoundError:
            return None
        try:
            announcement = Announcement(**json.loads(text))
            _check(announcement)
        except (ValueError, TypeError) as error:
            raise RefusalError(
                f"What {replica} left in {self.path} is not to be trusted: {error}. "
                "Submit the job again.",
                WRONG_SETTINGS,
            ) from error
        return announcement

    def report_failure(self, replica: str, message: str) -> None:
        """Say that a worker will never be ready."""
        with suppress(OSError):
            write_whole(self._failure(replica), message.encode("utf-8", "replace"))

    def find_failure(self, replica: str) -> str:
        """Return why a worker will never be ready; nothing if it did not fail."""
        try:
            return (
                self._failure(replica)
                .read_bytes()[:MAX_MESSAGE_BYTES]
                .decode("utf-8", "replace")
            )
        except FileNotFoundError:
            return ""

    def _failure(self, replica: str) -> Path:
        return self.path / f"{replica}.failed"

    def withdraw(self, replica: str) -> None:
        """Say that a worker has done all; the last one clears up."""
        with suppress(OSError):
            (self.path / f"{replica}.json").unlink()
        with suppress(OSError):
            self.path.rmdir()

    def declare_over(self) -> None:
        """Say that the job is done."""
        with suppress(OSError):
            write_whole(self._over, b"")

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(str(self.path), ignore_errors=True)


def _check(announcement: Announcement) -> None:
    ipaddress.ip_address(announcement.ip)
    if not isinstance(announcement.port, int) or not 0 < announcement.port <= MAX_PORT:
        raise ValueError(f"{announcement.port!r} is not a port")
    if not isinstance(announcement.slots, int) or announcement.slots < 1:
        raise ValueError(f"{announcement.slots!r} is not a number of processes")
    if not _HOST_KEY.fullmatch(announcement.host_key):
        raise ValueError("its host key is not valid")
    if not _USER.fullmatch(announcement.user):
        raise ValueError("its user has no proper name")
