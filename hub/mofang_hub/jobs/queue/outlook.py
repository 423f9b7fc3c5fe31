"""What a job would wait for even if nothing else ran. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mofang.models import JobSpec, Role
from mofang.quantities import format_bytes
from mofang_hub.jobs.queue.fitting import Empty, amounts_of, open_to, within
from mofang_kube.names import GPU_RESOURCE

_WAITS = (
    "even when nothing else runs: the job would wait until machines are added. Ask "
    "for less{fewer}, or ask an administrator."
)
_NO_POOL = (
    "No machine belongs to the project's pool {} now: the job would wait until one is "
    "added. Ask an administrator."
)
_FEWER = " for each replica, or for fewer replicas"


def outlook(spec: JobSpec, pool: str, machines: Sequence[Empty]) -> list[str]:
    """Return a sentence for each role that the machines have no room for.

    These are no refusals: machines may be added while the job waits.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        machines: All of the cluster. Nothing is said while none is known.
    """
    if not machines:
        return []
    found = within(pool, machines)
    if not found:
        return [_NO_POOL.format(pool)]
    whose = f"the pool {pool}" if pool else "the cluster"
    sentences = (_sentence(role, found, whose) for role in spec.settled_roles())
    return [each for each in sentences if each]


def _sentence(role: Role, found: Sequence[Empty], whose: str) -> str | None:
    machines = list(open_to(role, found))
    room = sum(each.count(role) for each in machines)
    if room >= role.replicas:
        return None
    for name, amount in amounts_of(role).items():
        largest = max((each.room[name] for each in machines), default=Decimal(0))
        if amount > largest:
            has = (
                f"the largest machine it may use in {whose} has {_shown(name, largest)}"
            )
            if not largest:
                has = f"no machine it may use in {whose} has any"
            return (
                f"A {role.name} replica asks for {_shown(name, amount)}, and {has}, so "
                f"it would not start {_WAITS.format(fewer='')}"
            )
    count = f"{room} of the {role.replicas}" if room else "none of the"
    return (
        f"The machines of {whose} have room for {count} {role.name} replicas, "
        f"{_WAITS.format(fewer=_FEWER)}"
    )


def _shown(name: str, amount: Decimal) -> str:
    if name == "memory":
        return f"{format_bytes(int(amount))} of memory"
    unit = "GPU" if name == GPU_RESOURCE else "core"
    return f"{amount.normalize():f} {unit}{'' if amount == 1 else 's'}"
