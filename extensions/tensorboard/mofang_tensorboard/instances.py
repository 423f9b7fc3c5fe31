"""The TensorBoards of this server: one per selection, few, ended when idle."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mofang_tensorboard.errors import AbsentError, StartError, TooManyError
from mofang_tensorboard.program import ProgramSettings, TensorBoardProgram
from mofang_tensorboard.selection import Selection


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many TensorBoards there may be, and for how long."""

    at_most: int = 3

    idle_seconds: float = 20 * 60
    """Ended after so long without use."""

    replace_seconds: float = 3 * 60
    """May give way to another after so long without use; a tab that is looked at
    asks more often."""

    poll_seconds: float = 30.0
    """How often to check for idle ones."""


@dataclass(slots=True, kw_only=True, eq=False)
class Instance:
    """One TensorBoard that serves."""

    id: str
    """Not to be guessed: who knows it was told by this server's interface."""

    selection: Selection
    program: TensorBoardProgram
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _last_use: float = field(default_factory=time.monotonic)
    _requests: int = 0

    @property
    def idle_seconds(self) -> float:
        return 0.0 if self._requests else time.monotonic() - self._last_use

    def note_use(self) -> None:
        self._last_use = time.monotonic()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Count a request that goes to it."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            self.note_use()


class Instances:
    """Starts, finds and ends TensorBoards.

    Args:
        prefix_of: The path a TensorBoard serves below, by its id.
    """

    def __init__(
        self,
        prefix_of: Callable[[str], str],
        programs: ProgramSettings,
        limits: Limits,
    ) -> None:
        self._prefix_of = prefix_of
        self._programs = programs
        self._limits = limits
        self._running: dict[str, Instance] = {}
        self._starting: dict[Selection, asyncio.Task[Instance]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._culling: asyncio.Task[None] | None = None

    async def open(self, selection: Selection) -> Instance:
        """Return the TensorBoard of that selection, started if there is none.

        Raises:
            TensorBoardError: There are too many, or it did not start.
        """
        for instance in self.list_running():
            if instance.selection == selection:
                instance.note_use()
                return instance
        starting = self._starting.get(selection)
        if starting is None:
            room = self._make_room()
            starting = asyncio.create_task(self._start(selection, room))
            self._starting[selection] = starting
            starting.add_done_callback(lambda _: self._starting.pop(selection, None))
        # The start goes on when one of those who wait for it gives up.
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError as err:
            if not starting.cancelled():
                raise
            raise StartError("This server is stopping.") from err

    def get(self, instance_id: str) -> Instance:
        """Return the one of that id.

        Raises:
            AbsentError: It has ended, or never was.
        """
        instance = self._running.get(instance_id)
        if instance is None or not instance.program.is_running:
            raise AbsentError("This TensorBoard has ended. Open it again.")
        return instance

    def list_running(self) -> list[Instance]:
        """Return those that serve, oldest first."""
        return [each for each in self._running.values() if each.program.is_running]

    async def end(self, instance_id: str) -> None:
        """End the one of that id.

        Raises:
            AbsentError: It has ended, or never was.
        """
        instance = self.get(instance_id)
        del self._running[instance_id]
        await instance.program.end()

    async def end_all(self) -> None:
        """End all, also those that are starting, because the server ends."""
        if self._culling is not None:
            self._culling.cancel()
        starting = list(self._starting.values())
        for task in starting:
            task.cancel()
        ending = [self._end_soon(each) for each in list(self._running.values())]
        await asyncio.gather(*starting, *ending, *self._ending, return_exceptions=True)

    def _make_room(self) -> asyncio.Task[None] | None:
        """Begin to end the one that was idle for longest, where there is no room."""
        running = self.list_running()
        if len(running) + len(self._starting) < self._limits.at_most:
            return None
        idlest = max(running, key=lambda each: each.idle_seconds, default=None)
        if idlest is None or idlest.idle_seconds < self._limits.replace_seconds:
            shown = "; ".join(each.selection.text for each in running)
            raise TooManyError(
                f"{self._limits.at_most} TensorBoards run already, and all are in "
                f"use{f': {shown}' if shown else ''}. Stop one of them first."
            )
        return self._end_soon(idlest)

    async def _start(
        self, selection: Selection, room: asyncio.Task[None] | None
    ) -> Instance:
        if room is not None:
            await room
        instance_id = secrets.token_hex(16)
        program = await TensorBoardProgram.start(
            selection, self._prefix_of(instance_id), self._programs
        )
        instance = Instance(id=instance_id, selection=selection, program=program)
        self._running[instance_id] = instance
        if self._culling is None or self._culling.done():
            self._culling = asyncio.create_task(self._cull())
        return instance

    def _end_soon(self, instance: Instance) -> asyncio.Task[None]:
        self._running.pop(instance.id, None)
        task = asyncio.create_task(instance.program.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _cull(self) -> None:
        """End what is idle, until there is nothing left."""
        while self._running:
            await asyncio.sleep(self._limits.poll_seconds)
            for instance in list(self._running.values()):
                has_ended = not instance.program.is_running
                if has_ended or instance.idle_seconds >= self._limits.idle_seconds:
                    self._end_soon(instance)
