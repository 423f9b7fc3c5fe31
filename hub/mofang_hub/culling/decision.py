"""What becomes of a server that reports its activity. Pure.

A server is stopped on nothing but a report that it is idle, so one that cannot be
reached runs on. All is counted in durations by the server's own steady clock: no clock
that is set, and no hub that is started anew, stops one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mofang_api.models.activity import CullingAction
from mofang_hub.culling.policy import CullingPolicy

USUAL_REPORT = timedelta(minutes=5)
"""Between two reports of a server that is not to be stopped."""

NOTICED_REPORT = timedelta(minutes=1)
"""Of one that is, so that it counts at once when its people do something."""

_SHORTEST = timedelta(seconds=5)
_NONE = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is done, and when the server is to report again."""

    action: CullingAction
    report_in: timedelta
    stop_in: timedelta | None = None
    """Of a server whose people are notified."""


def decide(
    policy: CullingPolicy,
    *,
    idle: timedelta,
    noticed: timedelta | None,
    extended: timedelta = _NONE,
) -> Decision:
    """Decide on a report.

    Args:
        policy: What holds for the server.
        idle: Since the last activity.
        noticed: For how long its people could read that it will be stopped.
        extended: For how long they have asked to keep it, from now on.
    """
    if not policy.enabled:
        return Decision(action=CullingAction.KEEP, report_in=USUAL_REPORT)
    # Whoever extends is notified again, ahead of the end of the extension.
    until_notice = max(policy.idle - idle, extended - policy.notice)
    if until_notice > _NONE:
        return Decision(
            action=CullingAction.KEEP,
            report_in=min(max(until_notice, _SHORTEST), USUAL_REPORT),
        )
    stop_in = max(policy.notice - (noticed or _NONE), extended)
    if stop_in > _NONE or noticed is None:
        return Decision(
            action=CullingAction.NOTIFY,
            report_in=min(max(stop_in, _SHORTEST), NOTICED_REPORT),
            stop_in=stop_in,
        )
    return Decision(action=CullingAction.STOP, report_in=NOTICED_REPORT, stop_in=_NONE)


def should_doze(policy: CullingPolicy, idle: timedelta) -> bool:
    """Say whether an idle server is to give back its CPU request.

    Args:
        policy: What holds for the server.
        idle: Since the last activity.
    """
    return policy.doze is not None and idle >= policy.doze


def extendable(policy: CullingPolicy, idle: timedelta) -> timedelta:
    """Return for how long an idle server may be kept from now on."""
    return max(policy.max_extension - idle, _NONE)
