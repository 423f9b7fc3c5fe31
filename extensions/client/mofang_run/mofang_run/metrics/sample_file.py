"""The file of samples beside a job's log: one line each, bounded, never in the way."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 8 * 1024**2
"""Beyond it, every second line is dropped: a long job is seen in less detail."""

_OPEN = (
    os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    # A named pipe without a reader must fail, not block.
    | os.O_NONBLOCK
)  # fmt: skip


def sample_path(log_file: str) -> Path:
    """Return the file of samples that belongs to a log file."""
    return Path(log_file).with_suffix(".samples.jsonl")


class SampleFile:
    """Appends lines; keeps nothing open in between."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max = self._limit = max_bytes
        # Whoever wrote last may have been cut off: an empty line does no harm.
        self._is_torn = True

    def append(self, line: bytes) -> None:
        """Add a line, and thin the file out if it has grown too long.

        Raises:
            OSError: It cannot be written; what was written of the line is made a line
                of its own by the next one.
        """
        fd = os.open(str(self.path), _OPEN, 0o664)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "it is not a regular file")
            if found.st_size > 2 * self._max:
                raise OSError(0, "it is too long and cannot be shortened")
            content = (b"\n" if self._is_torn and found.st_size else b"") + line + b"\n"
            self._is_torn = True
            written = os.write(fd, content)
            if written < len(content):
                raise OSError(0, "the disk is full")
            self._is_torn = False
        finally:
            os.close(fd)
        size = found.st_size + written
        if size > self._limit:
            # If it fails, say on a full disk, it is not tried again at once.
            self._limit = size + self._max // 8
            self._thin_out()
            self._limit = self._max

    def _thin_out(self) -> None:
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        kept = memoryview(b"".join(self._every_second()))
        with suppress(FileNotFoundError):
            part.unlink()
        try:
            fd = os.open(str(part), flags, 0o664)
            try:
                while kept:
                    kept = kept[os.write(fd, kept) :]
            finally:
                os.close(fd)
            os.replace(str(part), str(self.path))  # noqa: PTH105 - errors name both
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise

    def _every_second(self) -> list[bytes]:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(str(self.path), flags), "rb") as source:
            size = os.fstat(source.fileno()).st_size
            # Somebody else made it longer than this ever gets: its end is enough.
            source.seek(max(size - 2 * self._max, 0))
            content = source.read(2 * self._max)
        lines = [line for line in content.splitlines(keepends=True) if line.strip()]
        # The newest one stays.
        return lines[::-2][::-1]
