"""What must start together, and who may say how. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, Self

from mofang_api.models import Priority, Role
from mofang_jobs.domain.models import (
    JobRequest,
    Manifest,
    ObservedJob,
    ObservedPod,
    SchedulingMetadata,
)
from mofang_jobs.domain.resource_requests import CPU, GPU, MEMORY, resource_requests
from mofang_kube.names import GPU_RESOURCE, GROUP

GROUP_KIND = "PodGroup"
GROUP_PLURAL = "podgroups"

_OWN_LABELS = f"{GROUP}/"
_RESOURCES = {CPU: "cpu", MEMORY: "memory", GPU: GPU_RESOURCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gang:
    """All replicas of one attempt of a job."""

    name: str
    """Of the attempt's object, and of the PodGroup made for it."""

    namespace: str
    project: str
    priority: Priority
    roles: tuple[Role, ...]
    requests: Mapping[str, str]
    """What all replicas ask for together, by the name of the resource."""

    @classmethod
    def of(cls, job: JobRequest | ObservedJob) -> Self:
        """Return the gang of a job that is requested or was observed."""
        return cls(
            name=job.object_name,
            namespace=job.namespace,
            project=job.project,
            priority=job.spec.priority,
            roles=job.spec.resolved_roles(),
            requests={
                _RESOURCES[name]: _quantity(amount)
                for name, amount in resource_requests(job.spec).items()
                if name in _RESOURCES and amount
            },
        )

    @property
    def count(self) -> int:
        """How many pods must start together: all of them."""
        return sum(role.replicas for role in self.roles)


def priority_class(priority: Priority) -> str:
    """Return the name of the class that Kubernetes has for a job's priority.

    The chart makes the classes. They never preempt: a job that runs is not broken off
    for one that waits, whatever their priorities.
    """
    return f"mofang-{priority.value}"


def _quantity(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The job's object, with which its PodGroup goes."""

    api_version: str
    kind: str
    name: str
    uid: str
    labels: Mapping[str, str]
    """Those of the platform, which the PodGroup gets too."""

    @classmethod
    def of(cls, obj: Manifest) -> Self:
        """Read the object, whole or trimmed."""
        metadata = obj["metadata"]
        labels = metadata.get("labels") or {}
        return cls(
            api_version=obj["apiVersion"],
            kind=obj["kind"],
            name=metadata["name"],
            uid=metadata["uid"],
            labels={k: v for k, v in labels.items() if k.startswith(_OWN_LABELS)},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupApi:
    """One of the APIs that have PodGroups."""

    group: str
    version: str

    @property
    def api_version(self) -> str:
        """As objects name it."""
        return f"{self.group}/{self.version}"

    @property
    def path(self) -> str:
        """Where the PodGroups of all namespaces are listed and watched."""
        return f"/apis/{self.api_version}/{GROUP_PLURAL}"

    def path_of(self, gang: Gang) -> str:
        """Where the PodGroup of a gang is read."""
        return (
            f"/apis/{self.api_version}/namespaces/{gang.namespace}/{GROUP_PLURAL}/"
            f"{gang.name}"
        )

    def build(self, gang: Gang, owner: Owner, spec: Manifest) -> Manifest:
        """Build a PodGroup that is collected with the job's object.

        Args:
            gang: The gang.
            owner: Object that the PodGroup is deleted with.
            spec: ``spec`` of the PodGroup.
        """
        return {
            "apiVersion": self.api_version,
            "kind": GROUP_KIND,
            "metadata": {
                "name": gang.name,
                "namespace": gang.namespace,
                "labels": dict(owner.labels),
                "ownerReferences": [
                    {
                        "apiVersion": owner.api_version,
                        "kind": owner.kind,
                        "name": owner.name,
                        "uid": owner.uid,
                        "controller": True,
                    }
                ],
            },
            "spec": spec,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCapabilities:
    """What the cluster has for gangs."""

    apis: Collection[GroupApi] = ()
    """APIs with PodGroups."""

    has_admission_policy: bool = False
    """Whether the chart's policy that puts pods into native groups is installed."""


class GangPolicy(Protocol):
    """How the replicas of a job come to start together or not at all."""

    @property
    def name(self) -> str:
        """As the setting names it."""

    @property
    def api(self) -> GroupApi | None:
        """Where its PodGroups are; None if it has none."""

    def scheduling_metadata(self, gang: Gang) -> SchedulingMetadata:
        """Return what each pod of the gang carries."""

    def build_group(self, gang: Gang, owner: Owner) -> Manifest | None:
        """Build the PodGroup that is to be there before the job may run."""

    def pending_reason(
        self, gang: Gang, group: Manifest | None, pods: Sequence[ObservedPod]
    ) -> str | None:
        """Return why a gang that was admitted does not run; None if it is placed.

        Args:
            gang: The gang.
            group: Its PodGroup as the API server has it; None if it is not there.
            pods: Its pods, as far as they are made.
        """
