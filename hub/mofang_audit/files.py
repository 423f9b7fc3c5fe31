"""Files of the audit log: one a day for each process, bounded, kept for a time.

Several processes write into one folder, on storage where two may not append to one file
at once. So the name of a file has the process' host in it, and nobody renames anything.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from typing_extensions import override

from mofang_audit.bound import DailyBound, EventKind, LeftOut
from mofang_audit.event import AuditEvent

log = logging.getLogger(__name__)

SUMMARY_SECONDS = 60.0
"""So often is told how many events were not recorded in full."""

Cancel = Callable[[], None]
Later = Callable[[float, Callable[[], None]], Cancel]

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.[A-Za-z0-9._-]+\.jsonl")
_MODE = 0o600
_LONGEST_GAP = timedelta(days=7)


def day_of(path: Path) -> date | None:
    """Return the day of a file of the log; None for any other file."""
    match = _NAME.fullmatch(path.name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def list_files(folder: Path) -> dict[date, list[Path]]:
    """Return the files of the log by day, the newest day first."""
    found: dict[date, list[Path]] = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if (day := day_of(path)) is not None:
            found.setdefault(day, []).append(path)
    return found


def remove_expired(folder: Path, today: date, keep_days: int) -> None:
    """Remove the files of days that are over for longer than they are kept.

    Not on the first day after a gap: most likely the clock was set wrong, and what is
    removed now would be missed. An administrator has that day to set it.

    Args:
        folder: Of the log.
        today: The day.
        keep_days: For how many days they are kept.
    """
    found = list_files(folder)
    before = max((day for day in found if day < today), default=today)
    if today - before > _LONGEST_GAP:
        log.warning(
            "The audit log has nothing between %s and today, %s: is the clock right? "
            "Expired files are kept until tomorrow.",
            before,
            today,
        )
        return
    for day, paths in found.items():
        if day < today - timedelta(days=keep_days):
            for path in paths:
                path.unlink(missing_ok=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _later(seconds: float, work: Callable[[], None]) -> Cancel:
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()
    return timer.cancel


def _summary(kind: EventKind, left_out: LeftOut) -> AuditEvent:
    since = left_out.since.isoformat(timespec="seconds")
    return AuditEvent.model_validate(
        {
            **kind.content(),
            "count": left_out.count,
            "detail": f"counted since {since}, not recorded in full",
        }
    )


class AuditFileHandler(logging.Handler):
    """Writes each record as a line of today's file, up to the day's bound.

    What cannot be written goes to the program's own log, so that it is not lost.

    Args:
        folder: Where all services write.
        service: Name of this one.
        keep_days: For how many days files are kept.
        max_bytes: Of a day.
        host: Of this process.
        now: The time.
        later: Does something after so many seconds, from any thread.
    """

    def __init__(
        self,
        folder: Path,
        service: str,
        *,
        keep_days: int,
        max_bytes: int,
        host: str = "",
        now: Callable[[], datetime] = _now,
        later: Later = _later,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._service = service
        self._host = host or socket.gethostname()
        self._keep_days = keep_days
        self._bound = DailyBound(max_bytes)
        self._now = now
        self._later = later
        self._cancel: Cancel | None = None
        self._day: date | None = None
        self._file: int | None = None
        self._is_torn = False
        """Whether the last line may have been cut off."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        line = f"{self.format(record)}\n"
        try:
            self._today()
            size = len(line.encode())
            if self._bound.admit(json.loads(line), size, self._now()):
                self._append(line.encode())
            elif self._cancel is None:
                self._cancel = self._later(SUMMARY_SECONDS, self.summarize)
        except OSError as err:
            self._close_file()
            self._lose(line, err)

    def summarize(self) -> None:
        """Tell how many events were not recorded in full since the last time."""
        self.acquire()
        try:
            self._cancel = None
            for kind, left_out in self._bound.take_left_out().items():
                self._write_summary(_summary(kind, left_out).as_line(self._now()))
        finally:
            self.release()

    def _write_summary(self, text: str) -> None:
        line = f"{text}\n"
        try:
            self._today()
            if self._bound.fits(len(line.encode())):
                self._append(line.encode())
            else:
                self._lose(line, "the day's bound is reached")
        except OSError as err:
            self._close_file()
            self._lose(line, err)

    @staticmethod
    def _lose(line: str, reason: object) -> None:
        log.warning(
            "An event of the audit log could not be written: %s: %s",
            reason,
            line.rstrip(),
        )

    def _append(self, line: bytes) -> None:
        """Write a line, on one of its own even if the one before was cut off.

        Raises:
            OSError: It was not written, or not whole.
        """
        file = self._today()
        content = b"\n" + line if self._is_torn else line
        self._is_torn = True
        if os.write(file, content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._is_torn = False

    def _today(self) -> int:
        """Return the descriptor of today's file."""
        today = self._now().date()
        if self._file is None or self._day != today:
            self._close_file()
            name = f"{today.isoformat()}.{self._service}.{self._host}.jsonl"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            self._file = os.open(self._folder / name, flags, _MODE)
            if self._day != today:
                self._bound.begin_day(self._size_of(today))
                remove_expired(self._folder, today, self._keep_days)
            self._day = today
        return self._file

    def _size_of(self, day: date) -> int:
        """Return how much this service has written on a day, from whichever pod."""
        found = self._folder.glob(f"{day.isoformat()}.{self._service}.*.jsonl")
        return sum(each.lstat().st_size for each in found)

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @override
    def close(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self.summarize()
        self._close_file()
        super().close()
