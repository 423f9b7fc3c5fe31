"""Which nodes the next attempt of a job keeps off (J9). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mofang.models import JobSpec, RestartRecord
from mofang_jobs.domain.capacity import Empty, open_to, within


def excluded_nodes(
    spec: JobSpec,
    pool: str,
    restarts: Sequence[RestartRecord],
    nodes: Sequence[Empty],
) -> tuple[str, ...]:
    """Return the nodes on which earlier attempts failed by no fault of the script.

    None is excluded where those that are left could not run the job: a node that failed
    once is better than an attempt that is never scheduled.

    Args:
        spec: What is asked.
        pool: The project's; empty for none.
        restarts: One for each earlier attempt.
        nodes: All of the cluster.

    Returns:
        Their names, sorted.
    """
    failed = {each.node for each in restarts if each.avoided and each.node}
    found = within(pool, nodes)
    for role in spec.settled_roles():
        left = [
            each
            for each in open_to(role, pool, found)
            if each.machine.name not in failed and each.machine.is_schedulable
        ]
        if sum(each.count(role) for each in left) < role.replicas:
            return ()
    return tuple(sorted(failed))
