"""Replicas of a job as hosts of ssh. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mofang.errors import ConflictError, NotFoundError, UnexpectedAnswerError
from mofang_api.ids import is_job_id, is_role
from mofang_api.models import Job, Replica, ReplicaState

_MAX_NUMBER = 99_999


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaHost:
    """The container of one replica."""

    job: str
    attempt: int
    role: str
    index: int

    @property
    def replica(self) -> str:
        """What people call it: ``worker-1``."""
        return f"{self.role}-{self.index}"

    @property
    def alias(self) -> str:
        """The ``Host`` of ssh's configuration; restarts of the job keep it."""
        return f"mofang-{self.job}-{self.replica}"

    @property
    def host_key_alias(self) -> str:
        """The name of its host key in ``known_hosts``: a restart makes a new key."""
        return f"mofang-{self.job}-{self.attempt}-{self.replica}"


def host_of(job: Job, role: str, index: int) -> ReplicaHost:
    """Return the host of a replica.

    Args:
        job: As the service answered; not trusted.
        role: Role of the replica, such as ``worker``.
        index: Index of the replica within its role, from 0.

    Raises:
        UnexpectedAnswerError: The service's names are not valid ones: they must get
            neither into a file nor into a command line.
    """
    is_sound = (
        is_job_id(job.id)
        and is_role(role)
        and 0 <= index <= _MAX_NUMBER
        and 0 <= job.attempt <= _MAX_NUMBER
    )
    if not is_sound:
        raise UnexpectedAnswerError(
            "The platform named a job or replica in a way that this client does not "
            "recognise. Check the address, and whether the client is new enough."
        )
    return ReplicaHost(job=job.id, attempt=job.attempt, role=role, index=index)


def open_hosts(job: Job) -> list[ReplicaHost]:
    """Return the hosts that accept sessions now, the leading one first."""
    order = {role.name: number for number, role in enumerate(job.spec.resolved_roles())}
    replicas = _open_replicas(job)
    replicas.sort(key=lambda each: (order.get(each.role, len(order)), each.index))
    return [host_of(job, each.role, each.index) for each in replicas]


def find_host(job: Job, replica: tuple[str, int] | None) -> ReplicaHost:
    """Return the host of a replica; of None, the leading one that runs.

    Raises:
        ConflictError: None runs.
        NotFoundError: The job has no such replica.
    """
    if replica is None:
        replica_hosts = open_hosts(job)
        if not replica_hosts:
            raise nothing_runs(job)
        return replica_hosts[0]
    role, index = replica
    sizes = {each.name: each.replicas for each in job.spec.resolved_roles()}
    if index >= sizes.get(role, 0):
        there = ", ".join(f"{name}-0 to {name}-{n - 1}" for name, n in sizes.items())
        raise NotFoundError(
            f"Job {job.id} has no replica {role}-{index}. It has {there}.", status=404
        )
    return host_of(job, role, index)


def nothing_runs(job: Job) -> ConflictError:
    """Return the error for a session with a job that has no running container."""
    advice = (
        "Its containers are gone; run it again with mofang rerun."
        if job.state.is_final
        else "Try again when it runs: mofang get shows its state."
    )
    return ConflictError(
        f"No replica of job {job.id} runs now ({job.state}). {advice}", status=409
    )


def _open_replicas(job: Job) -> list[Replica]:
    # Where the service offers none, a running one is tried, for its sentence.
    offered = [each for each in job.replicas if each.shell_allowed]
    running = [each for each in job.replicas if each.state is ReplicaState.RUNNING]
    return offered or running
