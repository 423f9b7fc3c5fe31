"""Gangs by the coscheduling plugin of scheduler-plugins (scheduling.x-k8s.io). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mofang_jobs.domain.gang import Gang, GroupApi, Owner, priority_class
from mofang_jobs.domain.gang_messages import (
    insufficient_resources,
    pod_group_missing,
    pods_missing,
    with_cause,
)
from mofang_jobs.domain.models import Manifest, ObservedPod, SchedulingMetadata

GROUP = "scheduling.x-k8s.io"
VERSION = "v1alpha1"
LABEL = "scheduling.x-k8s.io/pod-group"

# Its other phases come after all of the group was placed.
_WAITING = {"", "Pending", "PreScheduling", "Scheduling"}


class CoschedulingPolicy:
    """Replicas are gangs of a scheduler that has the coscheduling plugin.

    Args:
        scheduler: Its name; empty where the cluster's own scheduler has the plugin.
    """

    name = "coscheduling"

    def __init__(self, scheduler: str = "") -> None:
        self.api = GroupApi(group=GROUP, version=VERSION)
        self._scheduler = scheduler

    def scheduling_metadata(self, gang: Gang) -> SchedulingMetadata:
        """Return the label that the plugin reads, its scheduler, and the priority."""
        return SchedulingMetadata(
            labels={LABEL: gang.name},
            scheduler=self._scheduler,
            priority_class=priority_class(gang.priority),
        )

    def build_group(self, gang: Gang, owner: Owner) -> Manifest | None:
        """Build a PodGroup of all replicas; the priority is that of its pods."""
        spec = {"minMember": gang.count, "minResources": dict(gang.requests)}
        return self.api.build(gang, owner, spec)

    def pending_reason(
        self, gang: Gang, group: Manifest | None, pods: Sequence[ObservedPod]
    ) -> str | None:
        """Return what the PodGroup's phase says, for people, and its pods the cause."""
        if group is None:
            return pod_group_missing(gang)
        phase = (group.get("status") or {}).get("phase") or ""
        if phase not in _WAITING:
            return None
        if len(pods) < gang.count:
            return pods_missing(gang, len(pods))
        if all(pod.node for pod in pods):
            return None
        return with_cause(insufficient_resources(gang, None), pods)
