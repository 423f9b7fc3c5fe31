"""Which of a project's waiting starts are admitted. Pure.

The oldest goes first. One that asks for less may be admitted before an older one that
does not fit yet, until that one has waited for ``starvation_seconds``: from then on it
is the next. The same rules hold for jobs (``mofang_jobs.domain.queue_decisions``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mofang_kube.quantities import readable_size
from mofang_spawner.environments.quota import NAMES, Amounts, QuotaBalance
from mofang_spawner.start_queue.interface import StartPosition

_BEHIND = (
    "a server of the project that asks for more has been waiting longer, and goes first"
)
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingStart:
    """A start that is not admitted."""

    key: int
    since: float
    """When it was requested, by a steady clock in seconds."""

    amounts: Amounts
    refusal: str = ""
    """Why Kubernetes has just refused its pod; empty where it may be tried."""


def decide(
    pending: Iterable[PendingStart],
    quota: QuotaBalance,
    *,
    project: str,
    now: float,
    starvation_seconds: float,
) -> dict[int, StartPosition | None]:
    """Decide for each start of a project whether it is admitted now.

    Args:
        pending: The starts, in any order.
        quota: Of the project; what was admitted before counts as used.
        project: What people call it.
        now: By the clock of ``since``.
        starvation_seconds: How long others may be admitted before an older one.

    Returns:
        By key: why a start waits on, and where; None for one that is admitted.
    """
    reasons: dict[int, str] = {}
    admitted: set[int] = set()
    is_blocked = False
    for each in sorted(pending, key=lambda one: (one.since, one.key)):
        reason = each.refusal or describe_shortfall(quota, each.amounts, project)
        if not reason and not is_blocked:
            quota = quota.plus(each.amounts)
            admitted.add(each.key)
            continue
        reasons[each.key] = reason or _BEHIND
        if reason and now - each.since >= starvation_seconds:
            is_blocked = True
    waiting: dict[int, StartPosition | None] = {
        key: StartPosition(position=number, length=len(reasons), reason=reason)
        for number, (key, reason) in enumerate(reasons.items(), 1)
    }
    return {**dict.fromkeys(admitted), **waiting}


def describe_shortfall(quota: QuotaBalance, amounts: Amounts, project: str) -> str:
    """Say of what the quota has too little left; empty where it holds the amounts.

    Args:
        quota: Of the project.
        amounts: What a server asks for.
        project: What people call it.
    """
    return describe_use(
        {name: amounts[name] for name in quota.lacking(amounts)},
        used=quota.held,
        limits=quota.limits,
        project=project,
    )


def describe_use(
    asked: Amounts, *, used: Amounts, limits: Amounts, project: str
) -> str:
    """Say how much of a quota is used, and how much more a server asks for.

    Args:
        asked: What the quota has too little of.
        used: Of that by others.
        limits: Of the quota.
        project: What people call it.
    """
    if not asked:
        return ""
    shares = " and ".join(
        f"{show(name, used.get(name, _NONE))} of {show(name, limits[name])} "
        f"{NAMES.get(name, name)}"
        for name in asked
    )
    wanted = " and ".join(show(name, amount) for name, amount in asked.items())
    return f"{project} uses {shares}, and this server asks for {wanted}"


def describe_never(quota: QuotaBalance, amounts: Amounts, project: str) -> str:
    """Say of what more is asked for than the whole quota; empty where it could fit.

    Args:
        quota: Of the project.
        amounts: What a server asks for.
        project: What people call it.
    """
    return describe_excess(
        {name: amounts[name] for name in quota.never(amounts)}, quota.limits, project
    )


def describe_excess(asked: Amounts, limits: Amounts, project: str) -> str:
    """Say that a server asks for more than there would ever be.

    Args:
        asked: What it asks for too much of; empty for nothing.
        limits: Of the quota.
        project: What people call it.
    """
    if not asked:
        return ""
    parts = " and ".join(
        f"{show(name, amount)} {NAMES.get(name, name)}, and the quota of {project} is "
        f"{show(name, limits[name])}"
        for name, amount in asked.items()
    )
    return (
        f"The server asks for {parts} in all. Choose a smaller size, or ask an "
        "administrator for a larger quota."
    )


def show(name: str, amount: Decimal) -> str:
    """Write an amount as people do: ``0.5``, ``4.0 GiB``."""
    if "memory" in name or "storage" in name:
        return readable_size(int(amount))
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
