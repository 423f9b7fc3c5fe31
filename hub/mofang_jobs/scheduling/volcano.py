"""Gangs by Volcano (scheduling.volcano.sh). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mofang_jobs.domain.gang import Gang, GroupApi, Owner, priority_class
from mofang_jobs.domain.gang_messages import (
    insufficient_resources,
    pod_group_missing,
    pods_missing,
    with_cause,
)
from mofang_jobs.domain.models import Manifest, ObservedPod, SchedulingMetadata
from mofang_jobs.domain.termination_message import shortened

GROUP = "scheduling.volcano.sh"
VERSION = "v1beta1"
SCHEDULER = "volcano"
GROUP_NAME_ANNOTATION = "scheduling.k8s.io/group-name"
QUEUE_ANNOTATION = "scheduling.volcano.sh/queue-name"
PROJECT_IN_QUEUE = "$(project)"

_NOT_IN_QUEUE = "Pending"
_WAITING = {"", _NOT_IN_QUEUE, "Inqueue"}


class VolcanoPolicy:
    """Replicas are gangs of Volcano's scheduler, in one of its queues.

    Args:
        queue: Name of the queue; ``$(project)`` in it becomes the project's name.
        scheduler: Name of Volcano's scheduler; empty for ``volcano``.
    """

    name = "volcano"

    def __init__(self, queue: str = "default", scheduler: str = "") -> None:
        self.api = GroupApi(group=GROUP, version=VERSION)
        self._queue = queue
        self._scheduler = scheduler or SCHEDULER

    def scheduling_metadata(self, gang: Gang) -> SchedulingMetadata:
        """Return the scheduler, the annotations that it reads, and the priority."""
        return SchedulingMetadata(
            annotations={
                GROUP_NAME_ANNOTATION: gang.name,
                QUEUE_ANNOTATION: self._queue_of(gang),
            },
            scheduler=self._scheduler,
            priority_class=priority_class(gang.priority),
        )

    def build_group(self, gang: Gang, owner: Owner) -> Manifest | None:
        """Build a PodGroup of all replicas, in the queue."""
        spec = {
            "minMember": gang.count,
            "minResources": dict(gang.requests),
            "queue": self._queue_of(gang),
            "priorityClassName": priority_class(gang.priority),
        }
        return self.api.build(gang, owner, spec)

    def pending_reason(
        self, gang: Gang, group: Manifest | None, pods: Sequence[ObservedPod]
    ) -> str | None:
        """Return what the PodGroup's phase and condition say, for people."""
        if group is None:
            return pod_group_missing(gang)
        status = group.get("status") or {}
        phase = status.get("phase") or ""
        if phase not in _WAITING:
            return None
        said = _unschedulable(status)
        if phase == _NOT_IN_QUEUE:
            why = f" Volcano says: {shortened(said)}" if said else ""
            return (
                f"It waits until Volcano's queue {self._queue_of(gang)} admits it.{why}"
            )
        if len(pods) < gang.count:
            return pods_missing(gang, len(pods))
        message = with_cause(insufficient_resources(gang, None), pods)
        return f"{message} Volcano says: {shortened(said)}" if said else message

    def _queue_of(self, gang: Gang) -> str:
        return self._queue.replace(PROJECT_IN_QUEUE, gang.project)


def _unschedulable(status: dict[str, Any]) -> str:
    for each in reversed(status.get("conditions") or []):
        if each.get("type") == "Unschedulable" and each.get("status") == "True":
            return str(each.get("message") or each.get("reason") or "")
    return ""
