"""Gangs by Kubernetes' own PodGroup (scheduling.k8s.io). Pure.

Operators of before 2026 drop the pod's field ``schedulingGroup``. So pods carry a
label, and the chart's MutatingAdmissionPolicy sets the field from it.
"""

from __future__ import annotations

import re
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
from mofang_kube.names import POD_GROUP_LABEL

GROUP = "scheduling.k8s.io"
VERSIONS = ("v1", "v1beta1", "v1alpha3", "v1alpha2")
"""Those with PodGroups, the preferred first."""

PLACED = "PodGroupInitiallyScheduled"

# As Kubernetes 1.36 wrote it; an object since.
_WHOLE: dict[str, Any] = {"v1alpha2": "PodGroup"}
_SHORT = re.compile(
    r"minCount \(\d+\) (?:cannot be|is not yet) satisfied: (?P<fit>\d+) scheduled"
)


class NativePolicy:
    """Replicas are gangs of the cluster's own scheduler.

    Args:
        version: Of the API.
        scheduler: Name of the scheduler; empty for the cluster's own.
    """

    name = "native"

    def __init__(self, version: str, scheduler: str = "") -> None:
        self.api = GroupApi(group=GROUP, version=version)
        self._scheduler = scheduler

    def scheduling_metadata(self, gang: Gang) -> SchedulingMetadata:
        """Return the label that the admission policy reads, and the priority."""
        return SchedulingMetadata(
            labels={POD_GROUP_LABEL: gang.name},
            scheduler=self._scheduler,
            priority_class=priority_class(gang.priority),
        )

    def build_group(self, gang: Gang, owner: Owner) -> Manifest | None:
        """Build a PodGroup of all replicas.

        It is never broken up: what takes one replica from its node for a higher
        priority would take all. Kubernetes refuses a group whose priority is not
        that of its pods.
        """
        spec = {
            "schedulingPolicy": {"gang": {"minCount": gang.count}},
            "disruptionMode": _WHOLE.get(self.api.version, {"all": {}}),
            "priorityClassName": priority_class(gang.priority),
        }
        return self.api.build(gang, owner, spec)

    def pending_reason(
        self, gang: Gang, group: Manifest | None, pods: Sequence[ObservedPod]
    ) -> str | None:
        """Return what the PodGroup's condition says, for people."""
        if group is None:
            return pod_group_missing(gang)
        placed = _placed(group)
        if placed.get("status") == "True":
            return None
        if placed.get("reason") == "SchedulerError":
            return (
                "Kubernetes cannot place its replicas: "
                f"{shortened(placed.get('message') or '')} Tell an administrator."
            )
        if len(pods) < gang.count:
            return pods_missing(gang, len(pods))
        if not placed:
            return insufficient_resources(gang, None)
        short = _SHORT.match(placed.get("message") or "")
        return with_cause(
            insufficient_resources(gang, int(short["fit"]) if short else None), pods
        )


def _placed(group: Manifest) -> dict[str, Any]:
    conditions = (group.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each.get("type") == PLACED), {})
