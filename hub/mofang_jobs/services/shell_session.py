"""One open session: what comes in goes on, what is printed comes out.

Nothing is kept: a piece of output is read from the container only when the client
has taken the one before, so a flood waits in the container and not in our memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from mofang_audit.address import ClientAddress
from mofang_audit.event import AuditAction
from mofang_jobs.adapters.pod_exec import ExecStream
from mofang_jobs.domain.client_protocols import ClientProtocol, Message
from mofang_jobs.domain.container_commands import ContainerCommand, ShellTarget
from mofang_jobs.domain.errors import HubUnavailableError, TooManyError
from mofang_jobs.domain.models import Caller
from mofang_jobs.domain.terminal_protocol import ERROR, exit_code_of
from mofang_kube.errors import ClusterError, MofangError

log = structlog.get_logger(__name__)

CLOSE_SECONDS = 3.0
UNCHECKED_SECONDS = 900.0
"""How long a session goes on while nobody can say whether it may."""

Check = Callable[[], Awaitable[None]]
"""Raises when the session would not be opened again."""


class ShellClient(Protocol):
    """Who sits at the other end."""

    async def send(self, message: Message) -> None:
        """Send a message; returns when the client's connection has taken it.

        Raises:
            ConnectionError: The client has gone.
        """

    @property
    def has_gone(self) -> bool:
        """Whether nothing that is sent can arrive any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequest:
    """What a person asks for: where, and how."""

    caller: Caller
    target: ShellTarget
    program: ContainerCommand
    protocol: ClientProtocol
    action: AuditAction
    """As what it is in the audit log."""

    origin: ClientAddress


class ShellSession:
    """One shell or SSH connection of one person."""

    def __init__(
        self,
        session_request: SessionRequest,
        session_id: str,
        terminal: ExecStream,
        client: ShellClient,
    ) -> None:
        self.session_request = session_request
        self.id = session_id
        self.terminal = terminal
        self.begun = time.monotonic()
        self._protocol = session_request.protocol
        self._client = client
        self._task: asyncio.Task[None] | None = None
        self._closing_message = ""
        self._has_ended_itself = False

    @property
    def retry_hint(self) -> str:
        """A sentence: what to do for another session."""
        return self._protocol.retry_hint

    @property
    def may_leave_something(self) -> bool:
        """Whether there may be something in the container that is to be ended."""
        return self._protocol.kill_on_exit or not self._has_ended_itself

    async def run(self, check: Check, *, every: float) -> None:
        """Pass output on until the program, the client or the permission ends.

        Args:
            check: Whether the session would still be opened.
            every: Seconds between two checks.
        """
        self._task = asyncio.current_task()
        watch = asyncio.create_task(self._recheck(check, every), name="shell check")
        try:
            if not self._closing_message:
                await self._send(self._protocol.on_open())
                await self._pass_output()
        except ConnectionError:
            return
        except asyncio.CancelledError:
            if not self._closing_message:
                raise
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        with suppress(ConnectionError, TimeoutError):
            # A client that reads nothing does not hold up the end.
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send(self._protocol.on_close(self._closing_message))

    async def typed(self, message: Message) -> None:
        """Pass on what a client sent; returns when the container's side took it."""
        for frame in self._protocol.frames_of(message):
            if self._closing_message:
                return
            await self.terminal.send(frame)

    def end(self, message: str) -> None:
        """End the session and say why."""
        self._closing_message = self._closing_message or message
        if self._task is not None:
            self._task.cancel()

    async def _pass_output(self) -> None:
        status = b""
        async for channel, content in self.terminal.frames():
            if channel == ERROR:
                self._has_ended_itself = exit_code_of(content) is not None
                status = content
                break
            await self._send(self._protocol.messages_of(channel, content))
        self._closing_message = self._closing_message or self._protocol.exit_message(
            status
        )

    async def _send(self, messages: list[Message]) -> None:
        for message in messages:
            await self._client.send(message)

    async def _recheck(self, check: Check, every: float) -> None:
        checked = time.monotonic()
        while True:
            await asyncio.sleep(every)
            if self._client.has_gone:
                self.end("The connection was lost.")
                return
            await self.terminal.ping()
            try:
                await check()
                checked = time.monotonic()
            except (ClusterError, HubUnavailableError, TooManyError) as err:
                log.info("shell could not be checked", error=str(err))
            except MofangError as err:
                self.end(f"The {self._protocol.name} was ended. {err}")
                return
            except Exception:
                log.exception("shell's check broke", session=self.id)
            if time.monotonic() - checked > UNCHECKED_SECONDS:
                self.end(
                    f"The {self._protocol.name} was ended: for too long it could not "
                    f"be checked whether it may go on. {self._protocol.retry_hint}"
                )
                return
