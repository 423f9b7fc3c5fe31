"""All open sessions of this process: who may have how many, recorded, ended with it.

A session is a shell or an SSH connection; the two differ in the program that is started
and the language that the client speaks, and in nothing else: who may, how many, how
long, and what is recorded is here and in ``shell_targets`` for both.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter

import structlog

from mofang_audit.event import AuditEvent, AuditOutcome
from mofang_audit.log import AuditLog
from mofang_jobs.adapters.pod_exec import PodExec
from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.domain.errors import TooManyError
from mofang_jobs.services.shell_session import (
    Check,
    SessionRequest,
    ShellClient,
    ShellSession,
)

log = structlog.get_logger(__name__)

MOST_PER_USER = 20
CHECK_SECONDS = 30.0
STOP_SECONDS = 20.0
"""For the end of all sessions: their farewell, and what they left in containers."""


class SessionRegistry:
    """Opens and ends sessions, and records who was where and how long.

    Args:
        terminals: Where they are opened.
        metrics: Where they are counted.
        audit: Where they are recorded.
        check_seconds: Time between two looks at whether a session may go on.
    """

    def __init__(
        self,
        terminals: PodExec,
        metrics: ServiceMetrics,
        audit: AuditLog,
        *,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._terminals = terminals
        self._check_seconds = check_seconds
        self._metrics = metrics
        self._audit = audit
        self._of_user: Counter[str] = Counter()
        self._open: set[ShellSession] = set()
        self._cleanups: dict[ShellSession, asyncio.Task[None]] = {}
        self._all_have_ended = asyncio.Event()
        self._all_have_ended.set()

    async def begin(
        self, session_request: SessionRequest, client: ShellClient
    ) -> ShellSession:
        """Open a session; it must be given up, run or not.

        Raises:
            TooManyError: The caller has too many.
            MofangError: It could not be opened.
        """
        user = session_request.caller.name
        if self._of_user[user] >= MOST_PER_USER:
            raise TooManyError(
                f"You have {MOST_PER_USER} shells and SSH sessions open, which is the "
                "most. Close one."
            )
        self._of_user[user] += 1
        session_id = secrets.token_hex(8)
        try:
            terminal = await self._terminals.open(
                session_request.target, session_id, session_request.program
            )
        except BaseException:
            self._forget(user)
            raise
        session = ShellSession(session_request, session_id, terminal, client)
        self._open.add(session)
        self._all_have_ended.clear()
        self._metrics.shells.inc()
        self._record("shell opened", session)
        return session

    async def run(self, session: ShellSession, check: Check) -> None:
        """Run a session to its end."""
        await session.run(check, every=self._check_seconds)

    def close(self, session: ShellSession) -> None:
        """Close a session's connection and end what it left running; once is enough."""
        if session in self._open and session not in self._cleanups:
            self._cleanups[session] = asyncio.create_task(self._clean_up(session))

    async def stop(self) -> None:
        """End all sessions, because the service ends."""
        for session in self._open:
            session.end(f"The platform is being restarted. {session.retry_hint}")
        # Those that were told end by themselves and are then given up.
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._all_have_ended.wait()
        except TimeoutError:
            for session in self._open:
                log.warning("shell could not be ended in time", session=session.id)

    async def _clean_up(self, session: ShellSession) -> None:
        try:
            # Closing alone leaves orphans with some container runtimes.
            await session.terminal.close()
            if session.may_leave_something:
                await self._terminals.end(session.session_request.target, session.id)
        finally:
            self._open.discard(session)
            del self._cleanups[session]
            if not self._open:
                self._all_have_ended.set()
            self._metrics.shells.dec()
            self._forget(session.session_request.caller.name)
            seconds = round(time.monotonic() - session.begun, 1)
            self._record("shell closed", session, seconds=seconds)

    def _forget(self, user: str) -> None:
        self._of_user[user] -= 1
        if self._of_user[user] <= 0:
            del self._of_user[user]

    def _record(
        self, event: str, session: ShellSession, *, seconds: float | None = None
    ) -> None:
        request = session.session_request
        target, fields = request.target, request.protocol.audit_fields()
        log.info(
            event,
            audit=True,
            user=request.caller.name,
            project=target.project,
            job=target.job,
            replica=target.label,
            session=session.id,
            **fields,
            **({} if seconds is None else {"seconds": seconds}),
        )
        recorded = AuditEvent(
            action=request.action,
            outcome=AuditOutcome.SUCCESS,
            actor=request.caller.name,
            project=target.project,
            job=target.job,
            replica=target.label,
            session=session.id,
            seconds=seconds,
            address=request.origin.address,
            forwarded_for=request.origin.forwarded_for,
            detail=" ".join(f"{name} {value}" for name, value in fields.items()),
        )
        self._audit.record(recorded)
