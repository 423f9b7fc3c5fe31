"""Say to people what a gang waits for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mofang_api.models import Role
from mofang_api.quantities import format_bytes, parse_quantity
from mofang_jobs.domain.gang import Gang
from mofang_jobs.domain.messages import pending_reason
from mofang_jobs.domain.models import ObservedPod

_OF_NODES = "0/"
"""How the scheduler begins when it tells what each node lacks."""


def pod_group_missing(gang: Gang) -> str:
    """Say that the PodGroup is not there (yet)."""
    return (
        f"The PodGroup {gang.name} of its pods does not exist. If that persists, "
        "cancel the job and submit it again."
    )


def pods_missing(gang: Gang, made: int) -> str:
    """Say that not all pods were made yet.

    Args:
        gang: The gang.
        made: How many pods there are.
    """
    return f"Waiting for all of its pods: {made}/{gang.count} created."


def insufficient_resources(gang: Gang, fit: int | None) -> str:
    """Say what must be free at once.

    Args:
        gang: The gang.
        fit: For how many replicas the scheduler found room before it gave up; None
            if it does not say.
    """
    request = f"Waiting for enough free resources for {_listed(gang.roles)}."
    if fit is None:
        return request
    found = f"{fit} of the {gang.count}" if fit else "none of them"
    return f"{request} At the last scheduling attempt there were enough for {found}."


def with_cause(message: str, pods: Sequence[ObservedPod]) -> str:
    """Add why the first unschedulable replica was not scheduled."""
    reported = (pod for pod in pods if pod.unschedulable.startswith(_OF_NODES))
    pod = next(reported, None)
    cause = pending_reason(pod) if pod else None
    return f"{message} {cause}" if cause else message


def _listed(roles: Sequence[Role]) -> str:
    parts = [_request_of(role) for role in roles]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _request_of(role: Role) -> str:
    asked = role.resources
    amounts = [
        *([_counted(asked.gpu, "GPU")] if asked.gpu else []),
        _counted(format(parse_quantity(asked.cpu).normalize(), "f"), "core"),
        f"{format_bytes(int(parse_quantity(asked.memory)))} of memory",
    ]
    each = " each" if role.replicas > 1 else ""
    return f"{_counted(role.replicas, role.name)} ({', '.join(amounts)}{each})"


def _counted(amount: int | str, what: str) -> str:
    is_one = str(amount) == "1"
    return f"{amount} {what}" if is_one or what.endswith("s") else f"{amount} {what}s"
