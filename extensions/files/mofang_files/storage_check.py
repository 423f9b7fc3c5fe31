"""Whether the storage answers, asked with a time limit.

A file system that is away keeps whoever asks it waiting in the kernel, for as long as
it is away. So there is one question at a time, in a thread that nothing waits for: the
event loop goes on, and threads do not pile up.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from mofang_files.errors import StorageAwayError
from mofang_files.roots import Roots
from mofang_files.space import read_attribute

T = TypeVar("T")
SECONDS = 5.0


class BoundedQuestion(Generic[T]):
    """Asks something that may never be answered.

    Args:
        ask: May block.
        seconds: Whoever waits for longer is told that the storage is away.
    """

    def __init__(self, ask: Callable[[], T], seconds: float = SECONDS) -> None:
        self._ask = ask
        self._seconds = seconds
        self._asked: asyncio.Future[T] | None = None
        self._began = self._away = _now()
        self._is_away = False

    @property
    def away_since(self) -> datetime | None:
        """Since when there has been no answer; None where the last one came."""
        return self._away if self._is_away else None

    async def answer(self) -> T:
        """Return what the storage says.

        Raises:
            StorageAwayError: It did not answer in time, or with an error.
        """
        if self._asked is None or self._asked.done():
            self._began = _now()
            self._asked = in_thread(self._ask)
        # Somebody else may have asked again when this is gone on with.
        asked = self._asked
        left = self._seconds - (_now() - self._began).total_seconds()
        # Whoever asks while another waits in vain already is told soon.
        await asyncio.wait([asked], timeout=max(left, 0.1))
        error: BaseException | None = None
        if asked.done():
            error = asked.exception()
            if error is None:
                self._is_away = False
                return asked.result()
        if error is not None and not isinstance(error, OSError):
            raise error
        if not self._is_away:
            self._is_away, self._away = True, self._began
        raise StorageAwayError(self._away) from error


def _now() -> datetime:
    return datetime.now(UTC)


def in_thread(act: Callable[[], T]) -> asyncio.Future[T]:
    """Run something in a thread of its own, which does not hold up the process' end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def finish(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type] # T itself may be None
        else:
            future.set_exception(error)
            # Nobody may be waiting any more.
            future.exception()

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = act()
        except BaseException as err:  # noqa: BLE001 - told to whoever waits
            error = err
        # The server may have ended meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, result, error)

    threading.Thread(target=run, name="storage", daemon=True).start()
    return future


def ask_storage(roots: Roots) -> None:
    """Ask the servers of the file system something that no client knows by itself.

    Raises:
        OSError: It does not answer as it should.
    """
    for root in roots.all:
        ask_directory(root.path)


def ask_directory(path: Path) -> None:
    """Ask the servers of the file system that a directory is on.

    Raises:
        OSError: It does not answer as it should.
    """
    # On CephFS the monitor answers this, and the metadata server the other.
    with suppress(FileNotFoundError, PermissionError):
        os.statvfs(path)
    read_attribute(path, "ceph.dir.rbytes")
