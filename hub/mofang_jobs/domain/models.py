"""Jobs inside the service: callers, requests, and what was observed.

The wire format is ``mofang_api.models``; nothing here is ever sent to a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mofang_api.models import JobSpec, Resources, RestartRecord
from mofang_jobs.domain.conditions import Condition
from mofang_kube.ephemeral_storage import ContainerDisk
from mofang_kube.names import object_name, project_namespace, user_slug
from mofang_spawner.data_sources.pod_data import PodData
from mofang_spawner.environments.saved import SavedPackages
from mofang_spawner.volumes.grants import VolumeGrant

Manifest = dict[str, Any]


class MemberRole(StrEnum):
    """What a person may do in a project, least first."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """How much the role allows; a higher one allows all of a lower one."""
        return list(MemberRole).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The bearer of a token, as the hub knows them."""

    name: str
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    is_person: bool = True
    """Whether it is a user's token, and not that of a service."""

    projects: frozenset[str] | None = None
    """Those that the token is good for, if it is a server's; None for all."""

    @property
    def slug(self) -> str:
        """The name as labels and directories have it."""
        return user_slug(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """A job that was checked and is ready to be rendered."""

    id: str
    project: str
    owner: str
    spec: JobSpec
    pool: str = ""
    """Resource pool of the project; empty where it has none."""

    grants: tuple[VolumeGrant, ...] = ()
    """The directories of the owner's servers, which the job sees at the same paths."""

    data: PodData = field(default_factory=PodData)
    """Sources that the owner could use when it was submitted."""

    disks: Mapping[str, ContainerDisk]
    """What a replica of each role gets of its node's disk."""

    packages: SavedPackages | None = None
    """Of the saved environment that it runs on; None for any other."""

    keep: timedelta = timedelta(days=30)
    """How long it stays after its end."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """Those of the environment that the image belongs to."""

    image_pull_secrets: tuple[str, ...] = ()
    """Names of the Secrets in its namespace with which images are pulled."""

    sample_seconds: float = 10.0
    """How often each replica is measured."""

    attempt: int = 1
    restarts: tuple[RestartRecord, ...] = ()
    """One for each earlier attempt, oldest first."""

    excluded_nodes: tuple[str, ...] = ()
    """Names of the nodes that its pods keep off."""

    submitted: datetime | None = None
    """When the first attempt was made; None if this is the first."""

    @property
    def object_name(self) -> str:
        """Name of this attempt's object."""
        return object_name(self.id, self.attempt)

    @property
    def namespace(self) -> str:
        """Where its objects are made."""
        return project_namespace(self.project)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePodSpec:
    """One role of a job, as a framework wants it run."""

    name: str
    replicas: int
    command: tuple[str, ...]
    """Arguments of the container's process, literally."""

    resources: Resources
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables with literal values, the user's included."""

    port: int
    """Where the other replicas reach it; 0 if nobody calls it."""

    @property
    def requests_gpu(self) -> bool:
        """Whether its containers need a node with GPUs."""
        return self.resources.gpu > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingMetadata:
    """What a gang's policy wants of each pod of a job."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    scheduler: str = ""
    """Name of the scheduler; empty for the cluster's own."""

    priority_class: str = ""


class PodPhase(StrEnum):
    """Phases of a pod, as Kubernetes names them."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPod:
    """A replica's pod, as last observed."""

    name: str
    uid: str
    role: str
    index: int
    phase: PodPhase
    node: str | None = None
    is_terminating: bool = False
    """Whether its deletion was asked for."""

    is_node_lost: bool = False
    """Whether its node does not answer, so that nobody knows what it does."""

    status_reason: str = ""
    """The pod's own reason, such as ``Evicted``."""

    status_message: str = ""
    unschedulable: str = ""
    """The scheduler's message while no node fits."""

    waiting_reason: str = ""
    waiting_message: str = ""
    image: str = ""
    container: str = ""
    """Name of the container that runs the script."""

    attempt: int = 1
    exit_code: int | None = None
    exit_reason: str = ""
    termination_message: str = ""
    started: datetime | None = None
    finished: datetime | None = None

    @property
    def label(self) -> str:
        """What people call it: ``worker-1``."""
        return f"{self.role}-{self.index}"

    @property
    def has_ended(self) -> bool:
        """Whether its container will not run again."""
        return self.phase in {PodPhase.SUCCEEDED, PodPhase.FAILED}

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it any more.

        Of a pod that was deleted on a lost node, nobody will ever say that it ended.
        """
        return self.has_ended or (self.is_terminating and self.is_node_lost)


class Outcome(StrEnum):
    """How a job ended, as its operator says."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedJob:
    """A job's object, as last observed."""

    id: str
    uid: str
    project: str
    owner: str
    spec: JobSpec
    created: datetime
    """When it was submitted."""

    is_unsupported: bool = False
    """Whether its specification has another form than this version's, or asks for what
    it does not know; its objects are shown and removed, and never made or started."""

    kind: str = "PyTorchJob"
    data_secrets: frozenset[str] = frozenset()
    """Names of the Secrets of data sources that the owner could use at its submission.
    """

    disks: Mapping[str, ContainerDisk] = field(default_factory=dict)
    """What a replica of each role gets of its node's disk; empty for jobs of versions
    that did not write it down."""

    attempt: int = 1
    restarts: tuple[RestartRecord, ...] = ()
    is_suspended: bool = False
    """Whether its object says that it may not run: it waits, or was cancelled."""

    cancelled_by: str = ""
    cancelled_at: datetime | None = None
    is_suspension_observed: bool = False
    """Whether the operator has taken note of that."""

    outcome: Outcome | None = None
    outcome_message: str = ""
    """Why it failed, where its engine says more of that than its pods do; the end of
    the script's output where there is an exit code."""

    exit_code: int | None = None
    """Of the script, where its engine runs it in a container that does not end with it.
    """

    finished: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    """What the service has set on its object."""

    failure: RestartRecord | None = None
    """Why it failed, as it was established while its pods were there."""

    notified: str = ""
    """The event of which mail and webhooks have told last; empty for none."""

    @property
    def namespace(self) -> str:
        """Where its pods are."""
        return project_namespace(self.project)

    @property
    def object_name(self) -> str:
        """Name of the attempt's object."""
        return object_name(self.id, self.attempt)

    @property
    def is_waiting(self) -> bool:
        """Whether it has yet to be admitted."""
        return self.is_suspended and not self.cancelled_by and self.outcome is None
