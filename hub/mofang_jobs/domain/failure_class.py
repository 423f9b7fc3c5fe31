"""Why a job failed, in few words: for counting. Pure.

What people read is in ``messages`` and ``failure_patterns``; this is the same, reduced
to what an administrator compares over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from mofang_jobs.domain.models import ObservedJob, ObservedPod
from mofang_jobs.domain.restart_rules import has_filled_disk, is_platform_fault
from mofang_jobs.domain.status import root_cause_pod

_NODE_LOST = {"NodeLost", "NodeShutdown", "Terminated"}
"""Reasons of the node controller, and of the kubelet's graceful node shutdown."""

_EVICTED = {"Evicted", "Preempting"}


class FailureClass(StrEnum):
    """Why an attempt failed. Members are values of a metric's label."""

    NODE_LOST = "node_lost"
    """Its node was shut down or no longer answered."""

    EVICTED = "evicted"
    """The kubelet or the scheduler took it away for others."""

    DISK_FULL = "disk_full"
    """It wrote more to ``/cache`` or its own disk than it may."""

    PLATFORM = "platform"
    """The script could not help it in another way."""

    OUT_OF_MEMORY = "out_of_memory"
    """It used more memory than its limit."""

    SCRIPT = "script"
    """Its program ended with an error."""

    HUNG = "hung"
    """It made no progress and was ended for that."""

    UNKNOWN = "unknown"
    """Its pods were removed before they reported why."""


def classify_failure(job: ObservedJob, pods: Sequence[ObservedPod]) -> FailureClass:
    """Return why an attempt failed, by the pod that failed first."""
    pod = root_cause_pod(job, pods)
    if pod is None:
        return FailureClass.UNKNOWN
    if pod.status_reason in _NODE_LOST:
        return FailureClass.NODE_LOST
    if pod.status_reason in _EVICTED:
        is_own = has_filled_disk(pod)
        return FailureClass.DISK_FULL if is_own else FailureClass.EVICTED
    if pod.exit_reason == "OOMKilled":
        return FailureClass.OUT_OF_MEMORY
    if is_platform_fault(pod):
        return FailureClass.PLATFORM
    return FailureClass.SCRIPT
