"""Open sessions: what comes in goes on, what is printed comes out, until either ends.

A session is a shell or an SSH connection; the two differ in the program that is started
and the language that the client speaks, and in nothing else: who may, how many, how
long, and what is recorded is here and in ``targets`` for both.

Nothing is kept: a piece of output is read from the container only when the client
has taken the one before, so a flood waits in the container and not in our memory.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from mofang_hub.jobs.errors import TooManyError
from mofang_hub.jobs.metrics import Metrics
from mofang_hub.jobs.models import Caller
from mofang_hub.shell.languages import Language, Message
from mofang_hub.shell.programs import Program
from mofang_hub.shell.protocol import ERROR, exit_code_of
from mofang_hub.shell.targets import Target
from mofang_hub.shell.terminal import Terminal, Terminals
from mofang_kube.errors import ClusterError, MofangError

log = structlog.get_logger(__name__)

MOST_PER_USER = 20
CHECK_SECONDS = 30.0
FAREWELL_SECONDS = 3.0

Check = Callable[[], Awaitable[None]]
"""Raises when the session would not be opened again."""


class Client(Protocol):
    """Who sits at the other end."""

    async def send(self, message: Message) -> None:
        """Send a message; returns when the client's connection has taken it.

        Raises:
            ConnectionError: The client has gone.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a person asks for: where, and how."""

    caller: Caller
    target: Target
    program: Program
    language: Language


class Session:
    """One shell or SSH connection of one person."""

    def __init__(
        self, visit: Visit, session_id: str, terminal: Terminal, client: Client
    ) -> None:
        self.visit = visit
        self.id = session_id
        self.terminal = terminal
        self._language = visit.language
        self._client = client
        self._task: asyncio.Task[None] | None = None
        self._farewell = ""
        self._has_ended_itself = False

    @property
    def may_leave_something(self) -> bool:
        """Whether there may be something in the container that is to be ended."""
        return self._language.ends_all or not self._has_ended_itself

    async def run(self, check: Check, *, every: float) -> None:
        """Pass output on until the program, the client or the permission ends.

        Args:
            check: Whether the session would still be opened.
            every: Seconds between two checks.
        """
        self._task = asyncio.current_task()
        watch = asyncio.create_task(self._recheck(check, every), name="shell check")
        try:
            await self._send(self._language.greeting())
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
                await self._send(self._language.farewell(self._farewell))

    async def typed(self, message: Message) -> None:
        """Pass on what a client sent; returns when the container's side took it."""
        for frame in self._language.frames_of(message):
            if self._farewell:
                return
            await self.terminal.send(frame)

    def end(self, sentence: str) -> None:
        """End the session and say why."""
        self._farewell = self._farewell or sentence
        if self._task is not None:
            self._task.cancel()

    async def _pass_output(self) -> None:
        status = b""
        async for channel, content in self.terminal.frames():
            if channel == ERROR:
                self._has_ended_itself = exit_code_of(content) is not None
                status = content
                break
            await self._send(self._language.messages_of(channel, content))
        self._farewell = self._farewell or self._language.verdict(status)

    async def _send(self, messages: list[Message]) -> None:
        for message in messages:
            await self._client.send(message)

    async def _recheck(self, check: Check, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.terminal.ping()
            try:
                await check()
            except ClusterError as err:
                log.info("shell could not be checked", error=str(err))
            except MofangError as err:
                self.end(f"The {self._language.name} was ended. {err}")
                return


class Sessions:
    """All sessions of this process: counted, recorded, and ended with it.

    Args:
        terminals: Where they are opened.
        metrics: Where they are counted.
        check_seconds: Time between two looks at whether a session may go on.
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

    async def begin(self, visit: Visit, client: Client) -> Session:
        """Open a session; it must be run or given up.

        Raises:
            TooManyError: The caller has too many.
            MofangError: It could not be opened.
        """
        caller = visit.caller
        if self._of_user[caller.name] >= MOST_PER_USER:
            raise TooManyError(
                f"You have {MOST_PER_USER} shells and SSH sessions open, which is the "
                "most. Close one."
            )
        self._of_user[caller.name] += 1
        session_id = secrets.token_hex(8)
        try:
            terminal = await self._terminals.open(
                visit.target, session_id, visit.program
            )
        except BaseException:
            self._forget(caller)
            raise
        return Session(visit, session_id, terminal, client)

    async def run(self, session: Session, check: Check) -> None:
        """Run a session to its end, with a record of who, where, and how long."""
        target, start = session.visit.target, time.monotonic()
        record = log.bind(
            user=session.visit.caller.name,
            project=target.project,
            job=target.job,
            replica=target.label,
            session=session.id,
            **session.visit.language.about(),
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

    def give_up(self, session: Session) -> None:
        """Close a session's connection and end what it left running."""
        self._forget(session.visit.caller)
        task = asyncio.create_task(self._clean_up(session))
        self._cleanups.add(task)
        task.add_done_callback(self._cleanups.discard)

    async def stop(self) -> None:
        """End all sessions, because the service ends."""
        for session in list(self._open):
            again = session.visit.language.again
            session.end(f"The platform is being restarted. {again}")
        await asyncio.sleep(0)
        await asyncio.gather(*self._cleanups, return_exceptions=True)

    async def _clean_up(self, session: Session) -> None:
        # Closing alone leaves orphans with some container runtimes.
        await session.terminal.close()
        if session.may_leave_something:
            await self._terminals.end(session.visit.target, session.id)

    def _forget(self, caller: Caller) -> None:
        self._of_user[caller.name] -= 1
        if self._of_user[caller.name] <= 0:
            del self._of_user[caller.name]
