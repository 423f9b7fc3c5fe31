"""What asks the storage for a file, in threads of its own: the event loop goes on.

A call that meets a file system that is away stays in the kernel until that is back.
So whoever waits for one is told after a while, there are only so many calls at a time
on each mount, and nobody's is begun while it is known that nothing answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from mofang_files.errors import StorageAwayError
from mofang_files.mount_points import find_mount_point
from mofang_files.storage_check import BoundedQuestion, ask_directory, in_thread

T = TypeVar("T")

_PAUSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLimits:
    """How long is waited for what, and how many calls there are."""

    question: timedelta = timedelta(seconds=5)
    """After that long without a result, the storage is asked whether it is there."""
    outage: timedelta = timedelta(seconds=20)
    """A shorter one delays calls, as when a daemon is replaced, and refuses none."""
    read: timedelta = timedelta(minutes=2)
    """Nothing is read for longer, as by a link to another mount that is away."""
    calls: int = 32
    """On one mount at a time; others wait for one of them."""


@dataclass(eq=False, slots=True, kw_only=True)
class StorageCall:
    """One that was begun; its thread may outlive whoever waited for it."""

    loop: asyncio.AbstractEventLoop
    paths: Collection[str]
    writes: bool
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    future: asyncio.Future[Any] | None = None
    refused: datetime | None = None
    """Since when the storage was away when whoever waits was told so."""


_current: ContextVar[StorageCall | None] = ContextVar("storage_call", default=None)


def raise_if_refused() -> None:
    """Refuse to begin a change of which somebody was told that it was not made.

    Raises:
        StorageAwayError: Nobody waits for the call of this thread any more.
    """
    call = _current.get()
    if call is not None and call.refused is not None:
        raise StorageAwayError(call.refused)


def in_event_loop(act: Callable[[], object]) -> None:
    """Have the event loop do what is no work for the thread of a call."""
    call = _current.get()
    if call is None:
        act()
    else:
        call.loop.call_soon_threadsafe(act)


class StorageCalls:
    """Makes calls, and says when their storage is away.

    Args:
        limits: How long is waited for what.
    """

    def __init__(self, limits: StorageLimits = StorageLimits()) -> None:
        self._limits = limits
        self._mounts: dict[str, _Mount] = {}

    async def run(self, act: Callable[[], T], *paths: str, writes: bool = False) -> T:
        """Run something that may wait for the storage.

        Args:
            act: Called in a thread.
            *paths: What it reads or changes, absolute; the first says which mount.
            writes: Whether it changes something: of the same path one at a time, in
                the order in which they were asked for, and never given up while the
                storage answers.

        Raises:
            StorageAwayError: The storage does not answer. A change is made late or
                not at all then, and no later one of that path before it.
        """
        mount = self._mount(paths[0])
        if mount.question.away_since:
            await self._answered(mount)
        asked = time.monotonic()
        while blocking := mount.calls_before(paths, self._limits, writes=writes):
            await self._first_of(blocking, mount, asked)
        call = StorageCall(loop=asyncio.get_running_loop(), paths=paths, writes=writes)
        mount.begin(call, act)
        try:
            await self._first_of([call], mount, None if writes else asked)
        except StorageAwayError as away:
            call.refused = away.since
            raise
        assert call.future is not None  # noqa: S101 - begun
        result: T = call.future.result()
        return result

    def _mount(self, path: str) -> _Mount:
        point = find_mount_point(path)
        if point not in self._mounts:
            seconds = self._limits.question.total_seconds()
            self._mounts[point] = _Mount(Path(point), seconds)
        return self._mounts[point]

    async def _first_of(
        self, calls: Collection[StorageCall], mount: _Mount, asked: float | None
    ) -> None:
        """Wait until one of some calls is done, for as long as the storage answers.

        Args:
            calls: At least one.
            mount: That they are on.
            asked: Since when there is waited for something that only lasts so long.
        """
        futures = [each.future for each in calls if each.future]
        while not (
            await asyncio.wait(
                futures,
                timeout=self._limits.question.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        )[0]:
            await self._answered(mount)
            late = self._limits.read.total_seconds()
            if asked is not None and time.monotonic() - asked > late:
                raise StorageAwayError(min(each.began for each in calls))

    async def _answered(self, mount: _Mount) -> None:
        """Wait until the storage answers.

        Raises:
            StorageAwayError: It has not for as long as an outage is waited for.
        """
        while True:
            try:
                await mount.question.answer()
            except StorageAwayError as away:
                if datetime.now(UTC) - away.since >= self._limits.outage:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return


class _Mount:
    """One file system, and the calls that it has not answered yet."""

    def __init__(self, point: Path, seconds: float) -> None:
        self.question = BoundedQuestion(lambda: ask_directory(point), seconds)
        self._calls: set[StorageCall] = set()

    def calls_before(
        self, paths: Collection[str], limits: StorageLimits, *, writes: bool
    ) -> list[StorageCall]:
        """Return those of which one has to be done before another may begin.

        Raises:
            StorageAwayError: The same is being read, and has been for so long that
                another thread would be lost to it.
        """
        same = [each for each in self._calls if not set(paths).isdisjoint(each.paths)]
        if writes:
            if changes := [each for each in same if each.writes]:
                return changes
        else:
            for each in same:
                if not each.writes and (
                    each.refused or datetime.now(UTC) - each.began > limits.outage
                ):
                    raise StorageAwayError(each.began)
        return list(self._calls) if len(self._calls) >= limits.calls else []

    def begin(self, call: StorageCall, act: Callable[[], object]) -> None:
        """Start a call's thread."""
        context = copy_context()
        context.run(_current.set, call)
        call.future = in_thread(lambda: context.run(act))
        self._calls.add(call)
        call.future.add_done_callback(lambda _: self._calls.discard(call))
