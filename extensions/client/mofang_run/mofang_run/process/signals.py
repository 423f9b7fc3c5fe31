"""Turn signals into bytes of a pipe, so that one loop waits for everything."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class SignalPipe:
    """Catches what must be passed on and the ends of children, while entered.

    As the first process of a container we get no default handling of signals:
    what is not caught here is lost.
    """

    def __init__(self) -> None:
        self._previous: dict[int, object] = {}
        self.stopped_by: int | None = None
        """The first signal by which we were told to end; None if we were not."""

        self._read, self._write = os.pipe()

    def __enter__(self) -> Self:
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (*FORWARDED, signal.SIGCHLD):
            self._previous[number] = signal.signal(number, _ignore)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # as it was given
        signal.set_wakeup_fd(-1)
        os.close(self._read)
        os.close(self._write)

    def fileno(self) -> int:
        """Return what becomes readable when a signal came."""
        return self._read

    def take(self) -> list[int]:
        """Return the signals that came since the last call, oldest first."""
        try:
            numbers = list(os.read(self._read, 4096))
        except BlockingIOError:
            return []
        if self.stopped_by is None:
            self.stopped_by = next((n for n in numbers if n in ENDING), None)
        return numbers


def signal_name(number: int) -> str:
    """Return ``SIGTERM`` for 15, and something readable for numbers without name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ignore(number: int, frame: object) -> None:
    """Do nothing: the wake-up pipe has the number already."""
