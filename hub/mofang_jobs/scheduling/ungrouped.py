"""No gangs: the cluster places replicas one by one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mofang_jobs.domain.gang import Gang, GroupApi, Owner, priority_class
from mofang_jobs.domain.models import Manifest, ObservedPod, SchedulingMetadata


class UngroupedPolicy:
    """Replicas are placed one by one."""

    name = "none"
    api: GroupApi | None = None

    def scheduling_metadata(self, gang: Gang) -> SchedulingMetadata:
        """Return the priority alone."""
        return SchedulingMetadata(priority_class=priority_class(gang.priority))

    def build_group(self, gang: Gang, owner: Owner) -> Manifest | None:  # noqa: ARG002
        """Return nothing: there is no PodGroup."""
        return None

    def pending_reason(
        self,
        gang: Gang,  # noqa: ARG002
        group: Manifest | None,  # noqa: ARG002
        pods: Sequence[ObservedPod],  # noqa: ARG002
    ) -> str | None:
        """Return nothing: each pod says for itself why it waits."""
        return None
