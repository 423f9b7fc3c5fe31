"""The status of a job: a state and a reason from its object and its pods. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mofang_api.models import Job, JobState, QueuePosition, Replica, ReplicaState
from mofang_jobs.domain.failure_patterns import find_failure_pattern
from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.messages import (
    failure_reason,
    pending_reason,
    resources_of,
    was_terminated,
)
from mofang_jobs.domain.models import ObservedJob, ObservedPod, Outcome, PodPhase
from mofang_jobs.domain.termination_message import shortened
from mofang_kube.ephemeral_storage import usable_caches

SECONDARY_FAILURE_SECONDS = 3.0
"""Pods that fail within this time of the first are treated as consequences: timestamps
have a resolution of one second, and torchrun polls its processes."""

_STOPPED = "It was terminated because the job ended."

_UNKNOWN = (
    "It is not known which replica failed first: its pod was deleted, as when a node "
    "is drained or an administrator deletes it. See the logs."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInputs:
    """All that the status of a job depends on."""

    job: ObservedJob
    pods: tuple[ObservedPod, ...] = ()
    """Those of its last attempt, in any order."""

    waiting_reason: str | None = None
    """What the cluster's events or its queue say of a job that waits."""

    gang_reason: str | None = None
    """Why no nodes were found for all of a job that was admitted."""

    queue_position: QueuePosition | None = None
    alert: str | None = None
    """What is wrong with a job that runs."""

    is_restarting: bool = False
    not_restarted: str | None = None
    """Why a job that its rules would restart is not."""

    retained: Mapping[tuple[str, int], tuple[datetime, str]] = field(
        default_factory=dict
    )
    """Failed replicas that are held for debugging: until when, and how they ended."""


def describe_job(inputs: StatusInputs, *, shell: bool = False) -> Job:
    """Return the job as a user sees it.

    Args:
        inputs: What is known of it. Nothing else counts, no clock either.
        shell: Whether the user may open shells in the job.
    """
    job, pods = inputs.job, inputs.pods
    state = job_state(job, pods)
    if state is JobState.FAILED and inputs.is_restarting:
        state = JobState.RESTARTING
    if state is JobState.QUEUED and job.is_suspended and inputs.queue_position is None:
        # The queue has not decided on it yet; most jobs are admitted at once.
        state = JobState.SUBMITTED
    is_running = state is JobState.RUNNING
    return Job(
        id=job.id,
        project=job.project,
        owner=job.owner,
        spec=job.spec,
        workload_kind=job.kind,
        state=state,
        reason=_reason(state, inputs),
        created=job.created,
        started=_started(pods),
        finished=_finished(job, state),
        attempt=job.attempt,
        restarts=list(job.restarts),
        queue=inputs.queue_position,
        alert=inputs.alert if is_running else None,
        replicas=_replicas(state, inputs, shell=shell),
        cache_bytes=usable_caches(job.disks),
    )


def job_state(job: ObservedJob, pods: Sequence[ObservedPod]) -> JobState:
    """Return where the job is in its life."""
    if job.outcome is Outcome.SUCCEEDED:
        return JobState.SUCCEEDED
    if job.cancelled_by:
        has_ended = job.is_suspension_observed or job.outcome is not None
        is_over = has_ended and all(pod.is_over for pod in pods)
        return JobState.CANCELLED if is_over else JobState.CANCELLING
    if job.outcome is Outcome.FAILED:
        return JobState.FAILED
    if job.is_suspended:
        return JobState.QUEUED
    if not pods:
        return JobState.SUBMITTED
    begun = [pod for pod in pods if pod.has_ended or pod.phase is PodPhase.RUNNING]
    has_all = len(begun) == len(pods) >= expected_replicas(job)
    return JobState.RUNNING if has_all else JobState.QUEUED


def expected_replicas(job: ObservedJob) -> int:
    """Return how many pods the job has once all are made."""
    return sum(count for _, count in role_names(job.spec))


def requires_events(job: ObservedJob, pods: Sequence[ObservedPod]) -> bool:
    """Say whether only the cluster's events can tell why the job does not start."""
    if job.is_suspended:
        return False
    if job_state(job, pods) not in {JobState.SUBMITTED, JobState.QUEUED}:
        return False
    return not any(pending_reason(pod) for pod in pods)


def replica_has_ended(
    job: ObservedJob, pods: Sequence[ObservedPod], role: str, index: int
) -> bool:
    """Say whether nothing will be added to a replica's log.

    Args:
        job: The job.
        pods: Pods of the attempt, as far as they exist.
        role: Role of the replica, such as ``worker``.
        index: Index of the replica within its role, from 0.
    """
    pod = find_pod(pods, role, index)
    return pod.has_ended if pod else job_state(job, pods).is_final


def find_pod(pods: Sequence[ObservedPod], role: str, index: int) -> ObservedPod | None:
    """Return the pod of a replica; of several, the one that is not leaving.

    Args:
        pods: Pods of the attempt, as far as they exist.
        role: Role of the replica, such as ``worker``.
        index: Index of the replica within its role, from 0.
    """
    found = [pod for pod in pods if pod.role == role and pod.index == index]
    return min(found, key=lambda pod: pod.is_terminating, default=None)


def _reason(state: JobState, inputs: StatusInputs) -> str | None:
    job, pods = inputs.job, inputs.pods
    match state:
        case JobState.FAILED:
            parts = [_failure(job, pods)]
            if inputs.not_restarted:
                parts.append(f"It was not restarted: {inputs.not_restarted}")
            return " ".join(parts)
        case JobState.RESTARTING:
            return f"{_failure(job, pods)} It is being restarted."
        case JobState.CANCELLING | JobState.CANCELLED:
            return f"Cancelled by {job.cancelled_by}."
        case JobState.SUBMITTED | JobState.QUEUED:
            if job.is_suspended:
                return inputs.waiting_reason
            waiting = [each for pod in pods if (each := pending_reason(pod))]
            return (inputs.waiting_reason if not pods else inputs.gang_reason) or (
                waiting[0] if waiting else inputs.waiting_reason
            )
        case JobState.RUNNING | JobState.SUCCEEDED:
            return None


def _failure(job: ObservedJob, pods: Sequence[ObservedPod]) -> str:
    if job.failure is not None:
        return job.failure.cause
    blamed = root_cause_pod(job, pods)
    if blamed is None:
        return shortened(job.outcome_message) or _UNKNOWN
    return failure_reason(blamed, resources_of(job.spec, blamed.role))


def root_cause_pod(job: ObservedJob, pods: Sequence[ObservedPod]) -> ObservedPod | None:
    """Return the pod whose failure was the job's; None if no failed one is there.

    The first to fail takes the others with it; of those that fail within some seconds,
    one that only says that it lost the others was not the first.

    Args:
        job: The job, of whose script the engine may tell more than the pods do.
        pods: Its pods, in any order.
    """
    failed = [pod for pod in pods if _has_failed(job, pod)]
    reported = _reported_end(job, pods)
    if reported:
        failed = [*(pod for pod in failed if pod.label != reported.label), reported]
    first = min(map(_ended_at, failed), default=0.0)
    return min(
        failed,
        key=lambda pod: (
            was_terminated(pod) and pod.exit_reason != "OOMKilled",
            _ended_at(pod) > first + SECONDARY_FAILURE_SECONDS,
            _is_secondary(pod),
            _ended_at(pod),
            pod.index,
        ),
        default=None,
    )


def _has_failed(job: ObservedJob, pod: ObservedPod) -> bool:
    # Where the engine tells why, pods that were removed after that tell nothing.
    is_removed = was_terminated(pod) and pod.exit_reason != "OOMKilled"
    has_outcome = bool(job.outcome_message)
    return pod.phase is PodPhase.FAILED and not (has_outcome and is_removed)


def _reported_end(job: ObservedJob, pods: Sequence[ObservedPod]) -> ObservedPod | None:
    """Return the main replica's pod as if it had ended with its script."""
    if job.outcome is not Outcome.FAILED or job.exit_code is None:
        return None
    role = role_names(job.spec)[0][0]
    pod = find_pod(pods, role, 0) or ObservedPod(
        name="", uid="", role=role, index=0, phase=PodPhase.FAILED, attempt=job.attempt
    )
    return replace(
        pod,
        phase=PodPhase.FAILED,
        is_terminating=False,
        status_reason="",
        exit_code=job.exit_code,
        exit_reason="",
        termination_message=job.outcome_message,
        finished=job.finished,
    )


def _ended_at(pod: ObservedPod) -> float:
    return pod.finished.timestamp() if pod.finished else 0.0


def _is_secondary(pod: ObservedPod) -> bool:
    cause = find_failure_pattern(pod.termination_message)
    return cause is not None and cause.is_secondary


def _started(pods: Sequence[ObservedPod]) -> datetime | None:
    return min((pod.started for pod in pods if pod.started), default=None)


def _finished(job: ObservedJob, state: JobState) -> datetime | None:
    if state is JobState.CANCELLED:
        return job.cancelled_at
    return job.finished if state.is_final else None


def _is_explained(job: ObservedJob, pods: Sequence[ObservedPod]) -> bool:
    return job.failure is not None or root_cause_pod(job, pods) is not None


def _replicas(state: JobState, inputs: StatusInputs, *, shell: bool) -> list[Replica]:
    job, pods = inputs.job, inputs.pods
    is_riddle = state is JobState.FAILED and not _is_explained(job, pods)
    ending = None if is_riddle else _STOPPED
    reported = _reported_end(job, pods)
    replicas = []
    for role, count in role_names(job.spec):
        for index in range(count):
            pod = find_pod(pods, role, index)
            if reported and (role, index) == (reported.role, reported.index):
                pod = reported
            if pod is None:
                is_blamed = job.failure and job.failure.replica == f"{role}-{index}"
                reason = job.failure.cause if job.failure and is_blamed else ending
                replicas.append(_absent(role, index, state, reason))
            else:
                replicas.append(_present(pod, inputs, shell=shell))
    return replicas


def _present(pod: ObservedPod, inputs: StatusInputs, *, shell: bool) -> Replica:
    job = inputs.job
    is_failed = pod.phase is PodPhase.FAILED
    # Told to end, it ended as one that fails does.
    is_cancelled = bool(job.cancelled_by) and is_failed and was_terminated(pod)
    until, ending = inputs.retained.get((pod.role, pod.index), (None, ""))
    if pod.phase is not PodPhase.RUNNING:
        until = None
    return Replica(
        role=pod.role,
        index=pod.index,
        state=ReplicaState.CANCELLED if is_cancelled else _replica_state(pod),
        node=pod.node,
        reason=None
        if is_cancelled
        else failure_reason(pod, resources_of(job.spec, pod.role))
        if is_failed
        else (ending if until else pending_reason(pod) or _lost(pod)),
        exit_code=pod.exit_code,
        shell_allowed=shell and is_open_to_shells(pod),
        held_until=until,
    )


def _replica_state(pod: ObservedPod) -> ReplicaState:
    if pod.is_node_lost and not pod.has_ended:
        return ReplicaState.UNKNOWN
    return ReplicaState(pod.phase.value)


def _lost(pod: ObservedPod) -> str | None:
    if pod.is_node_lost and not pod.has_ended:
        return f"Node {pod.node} is not responding."
    return None


def is_open_to_shells(pod: ObservedPod) -> bool:
    """Say whether a shell can be opened in the pod now."""
    is_up = pod.phase is PodPhase.RUNNING and pod.started is not None
    is_reachable = not (pod.is_terminating or pod.is_node_lost)
    return is_up and pod.exit_code is None and is_reachable


def _absent(role: str, index: int, state: JobState, ending: str | None) -> Replica:
    match state:
        case JobState.SUCCEEDED:
            # Only what still ran was removed with it: endless servers, or work.
            status, reason = ReplicaState.SUCCEEDED, ending
        case JobState.CANCELLED:
            status, reason = ReplicaState.CANCELLED, None
        case JobState.FAILED:
            status, reason = ReplicaState.FAILED, ending
        case _:
            status, reason = ReplicaState.PENDING, None
    return Replica(role=role, index=index, state=status, reason=reason)
