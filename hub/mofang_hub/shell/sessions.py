"""Open shells: what is typed goes in, what is printed comes out, until either ends.

Nothing is kept: a piece of output is read from the container only when the client
has taken the one before, so a flood waits in the container and not in our memory.
"""

from __future__ import annotations

import asyncio
import codecs
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog

from mofang_hub.jobs.errors import TooManyError
from mofang_hub.jobs.metrics import Metrics
from mofang_hub.jobs.models import Caller
from mofang_hub.shell.protocol import (
    ERROR,
    SETUP,
    disconnect_message,
    exit_code_of,
    frames_of,
    notice,
    output_message,
)
from mofang_hub.shell.targets import Target
from mofang_hub.shell.terminal import Terminal, Terminals
from mofang_kube.errors import ClusterError, MofangError

log = structlog.get_logger(__name__)

MOST_PER_USER = 20
CHECK_SECONDS = 30.0
FAREWELL_SECONDS = 3.0

Check = Callable[[], Awaitable[None]]
"""Raises when the shell would not be opened again."""


class Client(Protocol):
    """Who sits at the terminal."""

    async def send(self, message: str) -> None:
        """Send a message; returns when the client's connection has taken it.

        Raises:
            ConnectionError: The client has gone.
        """


class Session:
    """One shell of one person."""

    def __init__(self, target: Target, terminal: Terminal, client: Client) -> None:
        self.target = target
        self._terminal = terminal
        self._client = client
        self._task: asyncio.Task[None] | None = None
        self._farewell = ""
        self.has_ended_itself = False
        """Whether the shell ended before its terminal went."""

    async def run(self, check: Check, *, every: float) -> None:
        """Pass output on until the shell, the client or the permission ends.

        Args:
            check: Whether the shell would still be opened.
            every: Seconds between two checks.
        """
        self._task = asyncio.current_task()
        watch = asyncio.create_task(self._recheck(check, every), name="shell check")
        try:
            await self._client.send(SETUP)
            await self._pass_output()
        except ConnectionError:
            return
        except asyncio.CancelledError:
            if not self._farewell:
                raise
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        with suppress(ConnectionError, TimeoutError):
            # A client that reads nothing does not hold up the end.
            async with asyncio.timeout(FAREWELL_SECONDS):
                if self._farewell:
                    await self._client.send(notice(self._farewell))
                await self._client.send(disconnect_message())

    async def typed(self, message: str | bytes) -> None:
        """Pass on what a client sent; returns when the container's side took it."""
        for frame in frames_of(message):
            if self._farewell:
                return
            await self._terminal.send(frame)

    def end(self, sentence: str) -> None:
        """End the shell and say why in its terminal."""
        self._farewell = self._farewell or sentence
        if self._task is not None:
            self._task.cancel()

    async def _pass_output(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        async for channel, content in self._terminal.frames():
            if channel == ERROR:
                self.has_ended_itself = exit_code_of(content) is not None
                return
            text = decoder.decode(content)
            if text:
                await self._client.send(output_message(text))

    async def _recheck(self, check: Check, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self._terminal.ping()
            try:
                await check()
            except ClusterError as err:
                log.info("shell could not be checked", error=str(err))
            except MofangError as err:
                self.end(f"The shell was ended. {err}")
                return


class Sessions:
    """All shells of this process: counted, recorded, and ended with it.

    Args:
        terminals: Where they are opened.
        metrics: Where they are counted.
        check_seconds: Time between two looks at whether a shell may go on.
    """

    def __init__(
        self,
        terminals: Terminals,
        metrics: Metrics,
        *,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._terminals = terminals
        self._check_seconds = check_seconds
        self._metrics = metrics
        self._of_user: Counter[str] = Counter()
        self._open: set[Session] = set()
        self._cleanups: set[asyncio.Task[None]] = set()

    async def begin(self, caller: Caller, target: Target) -> tuple[str, Terminal]:
        """Open a shell; it must be run or given up.

        Raises:
            TooManyError: The caller has too many.
            MofangError: It could not be opened.
        """
        if self._of_user[caller.name] >= MOST_PER_USER:
            raise TooManyError(
                f"You have {MOST_PER_USER} shells open, which is the most. Close one."
            )
        self._of_user[caller.name] += 1
        session_id = secrets.token_hex(8)
        try:
            terminal = await self._terminals.open(target, session_id)
        except BaseException:
            self._forget(caller)
            raise
        return session_id, terminal

    async def run(
        self, caller: Caller, session_id: str, session: Session, check: Check
    ) -> None:
        """Run a shell to its end, with a record of who, where, and how long."""
        target, start = session.target, time.monotonic()
        record = log.bind(
            user=caller.name,
            project=target.project,
            job=target.job,
            replica=target.label,
            session=session_id,
        )
        record.info("shell opened", audit=True)
        self._open.add(session)
        self._metrics.shells.inc()
        try:
            await session.run(check, every=self._check_seconds)
        finally:
            self._open.discard(session)
            self._metrics.shells.dec()
            seconds = round(time.monotonic() - start, 1)
            record.info("shell closed", audit=True, seconds=seconds)

    def give_up(
        self,
        caller: Caller,
        target: Target,
        session_id: str,
        terminal: Terminal,
        *,
        has_ended: bool,
    ) -> None:
        """Close a shell's connection and end what it left running."""
        self._forget(caller)
        task = asyncio.create_task(
            self._clean_up(target, session_id, terminal, has_ended=has_ended)
        )
        self._cleanups.add(task)
        task.add_done_callback(self._cleanups.discard)

    async def stop(self) -> None:
        """End all shells, because the service ends."""
        for session in list(self._open):
            session.end("The platform is being restarted. Press Reconnect.")
        await asyncio.sleep(0)
        await asyncio.gather(*self._cleanups, return_exceptions=True)

    async def _clean_up(
        self, target: Target, session_id: str, terminal: Terminal, *, has_ended: bool
    ) -> None:
        # Closing alone leaves orphans with some container runtimes.
        await terminal.close()
        if not has_ended:
            await self._terminals.end(target, session_id)

    def _forget(self, caller: Caller) -> None:
        self._of_user[caller.name] -= 1
        if self._of_user[caller.name] <= 0:
            del self._of_user[caller.name]
