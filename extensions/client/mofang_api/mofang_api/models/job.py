"""A training job as the service sees it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import (
    Field,
    NonNegativeInt,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from mofang_api.base import ResponseModel
from mofang_api.models.spec import JobSpec
from mofang_api.models.stored import read_spec


class JobState(StrEnum):
    """Where a job is in its life."""

    SUBMITTED = "Submitted"
    QUEUED = "Queued"
    RUNNING = "Running"
    RESTARTING = "Restarting"
    """A try failed and the next one is being made."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended for good."""
        return self in {self.SUCCEEDED, self.FAILED, self.CANCELLED}


class ReplicaState(StrEnum):
    """Where one container of a job is in its life.

    As the pod phases of Kubernetes, but for one that ended as its job was cancelled.
    """

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    UNKNOWN = "Unknown"

    @property
    def is_final(self) -> bool:
        """Whether the replica has ended for good."""
        return self in {self.SUCCEEDED, self.FAILED, self.CANCELLED}


class Replica(ResponseModel):
    """One container of a job, as it was last seen."""

    role: str
    index: NonNegativeInt
    state: ReplicaState = ReplicaState.PENDING
    node: str | None = None
    reason: str | None = None
    exit_code: int | None = None
    shell_allowed: bool = False
    """Whether the caller may open a Cloud Shell in it now."""

    held_until: datetime | None = None
    """Until when the container of a failed replica is held for debugging."""

    @property
    def name(self) -> str:
        """What people call it: ``worker-1``."""
        return f"{self.role}-{self.index}"


class QueuePosition(ResponseModel):
    """Where a job stands among those that wait to be let in."""

    position: int
    """1 for the next."""

    length: int
    """How many jobs of the project wait."""


class RestartRecord(ResponseModel):
    """One restart of a job."""

    attempt: int
    """Which try ended; the first is 1."""

    at: datetime
    cause: str
    """One sentence."""

    replica: str | None = None
    """Whose failure it was, such as ``worker-1``."""

    node: str | None = None
    """Where that one ran."""

    platform_failure: bool = False
    """Whether it was no fault of the script: a lost machine, an eviction for others, a
    hang."""

    node_excluded: bool = False
    """Whether later tries keep off that machine."""


class Job(ResponseModel):
    """A training job as the service sees it."""

    id: str
    project: str
    owner: str
    spec: JobSpec
    workload_kind: str = ""
    """Which resource runs it, such as ``PyTorchJob``."""

    state: JobState
    reason: str | None = None
    """One sentence: why it waits, or how it ended."""

    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    attempt: int = 1
    restarts: list[RestartRecord] = Field(default_factory=list)
    queue: QueuePosition | None = None
    """None once the job was let in."""

    alert: str | None = None
    """One sentence when a running job seems to hang."""

    replicas: list[Replica] = Field(default_factory=list)
    cache_bytes: dict[str, int] = Field(default_factory=dict)
    """What each replica may write to ``/cache``, by role; a role without one is left
    out."""

    @field_validator("spec", mode="wrap")
    @classmethod
    def _read_spec(
        cls, value: object, validate: ValidatorFunctionWrapHandler
    ) -> JobSpec:
        # The specification is closed for those who send one; a client that is
        # older than the service must still read those of others.
        if isinstance(value, dict):
            return read_spec(value).spec
        if isinstance(value, JobSpec):
            return value
        spec: JobSpec = validate(value)
        return spec


class JobList(ResponseModel):
    """One page of a project's jobs, newest first."""

    jobs: list[Job]
    next: str | None = None
    """What to send as ``after`` for the next page; None on the last one."""

    total: int | None = None
    """How many jobs there are on all pages."""


class JobEvent(ResponseModel):
    """One change, as the watch tells it."""

    type: Literal["added", "modified", "deleted"]
    job: Job
