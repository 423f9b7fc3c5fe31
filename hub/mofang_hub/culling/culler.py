"""Answers the reports of servers, and remembers what cannot be had from them.

There is no loop: a server is stopped by its own report and by nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mofang_api.models.activity import (
    ActivityReport,
    CullingAction,
    CullingStatus,
    ExtensionRequest,
)
from mofang_hub.culling.decision import (
    USUAL_REPORT,
    Decision,
    decide,
    extendable,
    should_doze,
)
from mofang_hub.culling.metrics import CULLED, DOZING_CPU_SECONDS, DRY_RUN_SECONDS
from mofang_hub.culling.policy import (
    CullingPolicy,
    CullingSettings,
    ServerIdentity,
    resolve_policy,
)
from mofang_hub.culling.records import (
    CulledServer,
    CullingExtension,
    Doze,
    duration_text,
)
from mofang_kube.errors import ConflictError
from mofang_spawner.dozing import given_back

log = logging.getLogger(__name__)

USUAL_EXTENSION = timedelta(hours=2)
"""For who does not say for how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that runs, as far as it concerns culling."""

    identity: ServerIdentity
    gpus: int
    """That it holds."""
    cpu: str
    """That it usually reserves, as Kubernetes writes it; empty if that is not known."""
    doze: Doze | None
    """Since when it has given that back; None if it has not."""
    extension: CullingExtension | None


@dataclass(slots=True)
class _Observed:
    """Of one server, since this hub was started."""

    idle: timedelta = timedelta()
    would_stop_at: float | None = None
    """When a dry run last would have stopped it, by the steady clock."""

    dozed_at: float | None = None
    """When it was last found to doze, or that it would, likewise."""
    cannot_doze: bool = False
    """Whether Kubernetes has refused that since it was last at work."""


class Culler:
    """Decides by the settings of one installation.

    Args:
        settings: The rules.
        steady: Seconds of a clock that nobody sets.
        now: Of the clock that people read.
    """

    def __init__(
        self,
        settings: CullingSettings,
        steady: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._steady = steady
        self._now = now
        self._observed: dict[tuple[str, str], _Observed] = {}

    def report(self, server: RunningServer, report: ActivityReport) -> CullingStatus:
        """Answer a report; the caller stops the server if the answer says so."""
        policy = resolve_policy(self._settings, server.identity)
        observed = self._observe(server.identity)
        observed.idle = idle = timedelta(seconds=report.idle_seconds)
        noticed = (
            None
            if report.noticed_seconds is None
            else timedelta(seconds=report.noticed_seconds)
        )
        if policy.dry_run:
            # Nobody is notified; it counts from when they would have been.
            noticed = max(idle - policy.idle, timedelta())
        extended = self._left(policy, idle, server.extension)
        decision = decide(policy, idle=idle, noticed=noticed, extended=extended)
        if policy.dry_run:
            decision = self._rehearse(decision, server, observed)
        return _status(policy, decision, idle=idle, extended=extended)

    def spare(self, server: RunningServer) -> CullingStatus:
        """Answer for a server that nobody uses yet: another rule ends it."""
        return _status(
            resolve_policy(self._settings, server.identity),
            Decision(action=CullingAction.KEEP, report_in=USUAL_REPORT),
            idle=timedelta(),
            extended=timedelta(),
        )

    def should_doze(self, server: RunningServer, report: ActivityReport) -> bool:
        """Say whether a server is to have given back its CPU request now.

        A dry run only counts what that would be.
        """
        policy = resolve_policy(self._settings, server.identity)
        observed = self._observe(server.identity)
        wanted = should_doze(policy, timedelta(seconds=report.idle_seconds))
        if not wanted:
            observed.dozed_at, observed.cannot_doze = None, False
            return False
        if observed.cannot_doze:
            return False
        if policy.dry_run or server.doze is not None:
            self._count_doze(server, observed, is_dry_run=policy.dry_run)
        return not policy.dry_run

    def refuse_doze(self, server: RunningServer) -> None:
        """Note that a server cannot doze; it is not tried again while it is idle."""
        self._observe(server.identity).cannot_doze = True

    def _count_doze(
        self, server: RunningServer, observed: _Observed, *, is_dry_run: bool
    ) -> None:
        now, last = self._steady(), observed.dozed_at
        observed.dozed_at = now
        if last is None:
            return
        # Of a longer time without reports nothing is known.
        seconds = min(now - last, 2 * USUAL_REPORT.total_seconds())
        cpu = server.doze.cpu if server.doze else server.cpu
        cores = float(given_back(cpu)) if cpu else 0.0
        DOZING_CPU_SECONDS.labels(dry_run=str(is_dry_run).lower()).inc(seconds * cores)

    def extend(
        self, server: RunningServer, request: ExtensionRequest, by: str
    ) -> tuple[CullingExtension, CullingStatus]:
        """Keep a server; the caller stores the extension.

        Args:
            server: Which.
            request: For how long, and why.
            by: Name of who asks.

        Raises:
            ConflictError: It cannot be kept for so long; says for how long.
        """
        policy = resolve_policy(self._settings, server.identity)
        idle = self._observe(server.identity).idle
        allowed = extendable(policy, idle)
        asked = (
            min(USUAL_EXTENSION, allowed)
            if request.hours is None
            else timedelta(hours=request.hours)
        )
        # Durations pass between servers and hub: a minute is no difference.
        if not timedelta() < asked <= allowed + timedelta(minutes=1):
            raise ConflictError(_not_extended(policy, idle, allowed))
        extension = CullingExtension(
            until=self._now() + asked, reason=request.reason, by=by
        )
        log.info(
            "%s of %s is kept for %s by %s: %s",
            server.identity.server,
            server.identity.user,
            duration_text(asked),
            by,
            request.reason or "no reason given",
        )
        extended = self._left(policy, idle, extension)
        decision = decide(policy, idle=idle, noticed=None, extended=extended)
        status = _status(policy, decision, idle=idle, extended=extended)
        return extension, status

    def record(self, server: RunningServer, report: ActivityReport) -> CulledServer:
        """Note that a server is stopped; returns what its people will read."""
        CULLED.labels(dry_run="false").inc()
        self._observed.pop(_key(server.identity), None)
        idle = timedelta(seconds=report.idle_seconds)
        log.info(
            "Stopping %s of %s: nothing has happened in it for %s. It held %s GPUs.",
            server.identity.server,
            server.identity.user,
            duration_text(idle),
            server.gpus,
        )
        return CulledServer(
            at=self._now(),
            idle_seconds=report.idle_seconds,
            notebooks=tuple(report.notebooks),
        )

    def _observe(self, identity: ServerIdentity) -> _Observed:
        return self._observed.setdefault(_key(identity), _Observed())

    def _left(
        self, policy: CullingPolicy, idle: timedelta, extension: CullingExtension | None
    ) -> timedelta:
        # However the clock was set since: no longer than it may be.
        if extension is None:
            return timedelta()
        return min(extension.left(self._now()), extendable(policy, idle))

    def _rehearse(
        self, decision: Decision, server: RunningServer, observed: _Observed
    ) -> Decision:
        """Count and log what a dry run would have stopped; it keeps everything."""
        now, last = self._steady(), observed.would_stop_at
        if decision.action is not CullingAction.STOP:
            observed.would_stop_at = None
        else:
            observed.would_stop_at = now
            if last is None:
                CULLED.labels(dry_run="true").inc()
                log.info(
                    "Dry run: %s of %s would be stopped now, as nothing has happened "
                    "in it for %s. It holds %s GPUs.",
                    server.identity.server,
                    server.identity.user,
                    duration_text(observed.idle),
                    server.gpus,
                )
            else:
                # Of a longer time without reports nothing is known.
                seconds = min(now - last, 2 * USUAL_REPORT.total_seconds())
                DRY_RUN_SECONDS.labels(resource="server").inc(seconds)
                DRY_RUN_SECONDS.labels(resource="gpu").inc(seconds * server.gpus)
        return Decision(action=CullingAction.KEEP, report_in=USUAL_REPORT)


def _key(identity: ServerIdentity) -> tuple[str, str]:
    return identity.user, identity.server


def _status(
    policy: CullingPolicy,
    decision: Decision,
    *,
    idle: timedelta,
    extended: timedelta,
) -> CullingStatus:
    allowed = extendable(policy, idle) if policy.enabled else timedelta()
    return CullingStatus(
        action=decision.action,
        idle_minutes=policy.idle_minutes,
        stop_in_seconds=(
            None if decision.stop_in is None else decision.stop_in.total_seconds()
        ),
        extended_seconds=extended.total_seconds(),
        extendable_seconds=allowed.total_seconds(),
        report_in_seconds=decision.report_in.total_seconds(),
    )


def _not_extended(policy: CullingPolicy, idle: timedelta, allowed: timedelta) -> str:
    if not policy.enabled:
        return "This server is not stopped for being idle, so it need not be kept."
    if allowed < timedelta(minutes=1):
        return (
            f"Nothing has happened in this server for {duration_text(idle)}, and it "
            "cannot be kept any longer. It runs on as soon as you run something in it."
        )
    return f"It can be kept for {duration_text(allowed)} at the longest. Ask for less."
