"""When a failed attempt is followed by another. Pure.

A failure is the platform's where the script could not help it: its node was lost, it
was evicted for others, its container could not be run, or its replicas lost each other.
A disk that the script has filled is its own failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from mofang_api.models import RestartRecord
from mofang_jobs.domain.failure_patterns import find_failure_pattern
from mofang_jobs.domain.messages import failure_reason, resources_of
from mofang_jobs.domain.models import ObservedJob, ObservedPod, Outcome
from mofang_jobs.domain.status import root_cause_pod
from mofang_jobs.domain.termination_message import shortened
from mofang_kube.evictions import read_eviction

MOST_IN_A_ROW = 3
"""Failures of the script, one after the other, that are tried again."""

LOST_AFTER = timedelta(seconds=5)
"""How long a node may be silent before the job is taken away from it, on top of the
50 seconds that Kubernetes itself waits."""

MANY_LOST_AFTER = timedelta(seconds=60)
"""The same where most nodes are silent."""

_UNHEALTHY_ZONE = 0.55
"""Part of the nodes that are silent from which on it is rather the control plane that
does not hear them, such as after it was away itself: the node controller's own border,
``--unhealthy-zone-threshold``."""

LATE_AFTER = timedelta(hours=1)
"""How long after a failure a job no longer starts again by itself: its owner has done
something else by then, and would be surprised."""

TOO_LATE = "It failed more than an hour ago. Submit it again if you still want it."

_ENDED_BY_NODE = {
    "Evicted",
    "NodeLost",
    "NodeShutdown",
    "Terminated",
    "Preempting",
    "UnexpectedAdmissionError",
    "OutOfcpu",
    "OutOfmemory",
}
CONTAINER_LOST = "ContainerStatusUnknown"
"""What the kubelet says of a container whose exit code it did not see."""
_NOT_RUN = {"ContainerCannotRun", "StartError", CONTAINER_LOST}


def is_platform_fault(pod: ObservedPod) -> bool:
    """Say whether a failed pod's script could not help its end."""
    if has_filled_disk(pod):
        return False
    if pod.status_reason in _ENDED_BY_NODE or pod.exit_code is None:
        return True
    cause = find_failure_pattern(pod.termination_message)
    return pod.exit_reason in _NOT_RUN or (cause is not None and cause.platform_failure)


def has_filled_disk(pod: ObservedPod) -> bool:
    """Say whether a pod was evicted for what it wrote itself, beyond its limit."""
    found = read_eviction(pod.status_reason, pod.status_message)
    return found is not None and found.is_own


def _is_node_fault(pod: ObservedPod) -> bool:
    """Say whether another node might do better."""
    if pod.node is None or not is_platform_fault(pod):
        return False
    if pod.is_terminating and pod.exit_reason == CONTAINER_LOST:
        # It was deleted, and no longer there when the kubelet looked for its exit code.
        return False
    cause = find_failure_pattern(pod.termination_message)
    # Replicas that lost each other say nothing of one node.
    return pod.exit_code is None or cause is None or cause.name != "lost replicas"


def record_failure(
    job: ObservedJob, pods: Sequence[ObservedPod], now: datetime
) -> RestartRecord:
    """Return what is written down of a failed attempt.

    Args:
        job: The failed attempt.
        pods: Pods of the attempt, as far as they exist.
        now: Used where the object has no time of its end.
    """
    if job.failure is not None:
        return job.failure
    pod = root_cause_pod(job, pods)
    lost = (each for each in pods if each.is_node_lost and not each.has_ended)
    if pod is None and (found := next(lost, None)):
        return _record_lost_node(job, found, job.finished or now)
    if pod is None:
        return RestartRecord(
            attempt=job.attempt,
            at=job.finished or now,
            cause=shortened(job.outcome_message)
            or "Its containers were removed before they reported why.",
            platform_failure=True,
        )
    platform_failure = is_platform_fault(pod)
    return RestartRecord(
        attempt=job.attempt,
        at=pod.finished or job.finished or now,
        cause=failure_reason(pod, resources_of(job.spec, pod.role)),
        replica=pod.label,
        node=pod.node,
        platform_failure=platform_failure,
        node_excluded=_is_node_fault(pod),
    )


def lost_after(lost: int, total: int) -> timedelta:
    """Return for how long a node must be silent until jobs are taken away from it.

    Args:
        lost: How many nodes are silent.
        total: How many there are.
    """
    # Of few nodes, as Kubernetes counts them, each may be one that is lost.
    is_most = lost > 2 and lost > _UNHEALTHY_ZONE * total  # noqa: PLR2004
    return MANY_LOST_AFTER if is_most else LOST_AFTER


def record_loss(
    job: ObservedJob,
    pods: Sequence[ObservedPod],
    lost: Mapping[str, timedelta],
    now: datetime,
    *,
    after: timedelta = LOST_AFTER,
) -> RestartRecord | None:
    """Return what is written down of a lost node; None if none was lost for long.

    Args:
        job: A job that runs.
        pods: Its pods.
        lost: Nodes that do not answer, and for how long.
        now: The time.
        after: How long that must be.
    """
    for pod in pods:
        silence = lost.get(pod.node or "")
        if silence is None or pod.has_ended:
            continue
        if silence >= after:
            return _record_lost_node(job, pod, now)
    return None


def _record_lost_node(
    job: ObservedJob, pod: ObservedPod, now: datetime
) -> RestartRecord:
    return RestartRecord(
        attempt=job.attempt,
        at=now,
        cause=f"Node {pod.node}, which ran {pod.label}, is not responding.",
        replica=pod.label,
        node=pod.node,
        platform_failure=True,
        node_excluded=True,
    )


def may_restart(job: ObservedJob, record: RestartRecord) -> bool:
    """Say whether an attempt that ended as recorded is followed by another."""
    policy = job.spec.restart
    is_over = job.cancelled_by or job.outcome is Outcome.SUCCEEDED
    if policy is None or is_over or len(job.restarts) >= policy.limit:
        return False
    if record.platform_failure:
        return True
    return policy.include_script_failures and _scripts_in_a_row(job) < MOST_IN_A_ROW


def is_too_late(job: ObservedJob, record: RestartRecord, now: datetime) -> bool:
    """Say whether a job failed too long ago to start again by itself.

    Args:
        job: The failed attempt.
        record: Its failure.
        now: The time, with its zone.
    """
    return now - (job.finished or record.at) > LATE_AFTER


def _scripts_in_a_row(job: ObservedJob) -> int:
    count = 0
    for each in reversed(job.restarts):
        if each.platform_failure:
            break
        count += 1
    return count
