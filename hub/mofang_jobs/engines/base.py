"""What an engine declares: resources that run its jobs, and how they are used. Pure.

Each engine is one module with one subclass of ``Engine``; ``registry`` lists them, and
everything else (watches, rendering, reading, shells, RBAC) asks that list. Which
frameworks a kind runs follows from their roles, so a new framework needs no edit of an
engine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from mofang_api.models import Engine as EngineName
from mofang_api.models import Framework
from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec

RoleNames = Mapping[str, str]
"""Role as people call it → as a kind of resource calls it."""

Templates = list[tuple[RolePodSpec, Manifest]]
"""The roles of a job with the templates of their pods, the main role first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A custom resource, as the API knows it."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """As objects name it."""
        return f"{self.group}/{self.version}"

    @property
    def api_path(self) -> str:
        """Path of its collection in all namespaces."""
        return f"/apis/{self.api_version}/{self.plural}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkloadKind(Resource):
    """One kind of resource that runs jobs; equal to another of the same address."""

    engine: EngineName
    container: str
    """Name of the container that runs the script."""

    roles: Mapping[Framework, RoleNames]
    """For each framework it runs, what it calls the roles."""

    suspend: tuple[str, ...]
    """Path of the field that holds a job back."""

    has_hosts: bool = True
    """Whether replicas have names in the cluster's DNS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFailure:
    """What an object tells of its job's failure."""

    message: str
    """Why, or the end of the script's output where its exit code is known."""

    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCalls:
    """Connections that an operator makes to pods of jobs."""

    labels: Mapping[str, str]
    """Of the operator's own pods, in whatever namespace they are."""

    port: int


class Engine(ABC):
    """One operator, or set of operators, that runs jobs."""

    name: ClassVar[EngineName]
    kinds: ClassVar[tuple[WorkloadKind, ...]]
    """In the order in which they are preferred."""

    prerequisites: ClassVar[tuple[Resource, ...]] = ()
    """Resources of which a job needs an object of its own, created before it."""

    index_label: ClassVar[str]
    """Label of pods whose value is the replica's index within its role."""

    owns_pods: ClassVar[bool] = False
    """Whether a job's object is the owner of its pods; otherwise the operator makes
    them by way of other objects."""

    retried_refusals: ClassVar[tuple[str, ...]] = ()
    """Parts of messages by which its webhook refuses an object that it will accept a
    moment later."""

    calls: ClassVar[OperatorCalls | None] = None
    """What the operator must reach in pods of jobs, if anything."""

    @property
    def resources(self) -> tuple[Resource, ...]:
        """All that the training service creates and deletes."""
        return (*self.kinds, *self.prerequisites)

    @abstractmethod
    def build(
        self, kind: WorkloadKind, job: JobRequest, templates: Templates
    ) -> list[Manifest]:
        """Build the objects of a job; the last is the job's own.

        Args:
            kind: Which of the engine's kinds runs it.
            job: The job.
            templates: Its roles with the templates of their pods. They are the
                engine's to change.
        """

    @abstractmethod
    def host_of(
        self, kind: WorkloadKind, name: str, framework: Framework, role: str
    ) -> str:
        """Return the host name of a role's replicas, with ``{index}`` in it.

        Args:
            kind: Of the object.
            name: Of the object.
            framework: Of the job.
            role: As people call it.

        Returns:
            The name; empty if the role's replicas have none.
        """

    def read_conditions(self, status: Manifest) -> list[Manifest]:
        """Return an object's status as conditions of Kubernetes.

        Those of type Suspended, Succeeded, Complete, Completed and Failed are read.

        Args:
            status: The field ``status`` of the object.
        """
        return list(status.get("conditions") or [])

    def read_failure(self, message: str) -> ReportedFailure | None:
        """Return what the message of the condition Failed tells of the script.

        None where it tells of pods alone, which are there and tell more.

        Args:
            message: As ``read_conditions`` returned it.
        """
        del message
        return None


def all_frameworks() -> dict[Framework, RoleNames]:
    """Return the names of a kind that takes any role and calls it as people do."""
    return {each: {name: name for name in _roles(each)} for each in Framework}


def frameworks_with(names: RoleNames) -> dict[Framework, RoleNames]:
    """Return the frameworks that have exactly a kind's roles, each with their names."""
    return {each: names for each in Framework if _roles(each) == set(names)}


def frameworks_led_by(
    leader: str, *, but_for: Collection[Mapping[Framework, RoleNames]]
) -> dict[Framework, RoleNames]:
    """Return the frameworks of workers and one role whose end is the job's.

    Args:
        leader: What the kind calls that role; workers are ``Worker``.
        but_for: Frameworks that other kinds run.
    """
    taken = {framework for others in but_for for framework in others}
    return {
        each: {role: leader, "worker": "Worker"}
        for each in Framework
        if each not in taken
        and (role := each.declaration.success_role)
        and _roles(each) == {role, "worker"}
    }


def _roles(framework: Framework) -> set[str]:
    return {rule.name for rule in framework.declaration.roles}
