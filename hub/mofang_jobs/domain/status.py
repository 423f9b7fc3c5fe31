"""How a job fares: one state and one sentence from its object and its pods. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mofang.models import Job, JobState, QueuePlace, Replica, ReplicaState
from mofang_jobs.domain.failure_patterns import find_cause
from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.messages import (
    ending_sentence,
    resources_of,
    waiting_sentence,
    was_stopped,
)
from mofang_jobs.domain.models import JobSeen, Outcome, PodPhase, PodSeen
from mofang_jobs.domain.termination_message import shortened

ECHO_SECONDS = 3.0
"""How long after the first failure the others have heard of it; ends are told in whole
seconds, and torchrun looks after its processes now and then."""

_STOPPED = "It was stopped because the job ended."

_UNKNOWN = (
    "Nothing is left that tells which replica failed first: its pod was removed, as "
    "when a machine is drained or an administrator deletes it. The logs tell more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else is known of a job beside its object and its pods."""

    note: str | None = None
    """What the cluster's events or its queue say of a job that waits."""

    gang: str | None = None
    """Why no machines were found for all of a job that was let in."""

    place: QueuePlace | None = None
    alert: str | None = None
    """What is wrong with a job that runs."""

    is_restarting: bool = False
    not_restarted: str | None = None
    """Why a job that its rules would restart is not."""

    shell: bool = False
    """Whether the caller may open shells in the job."""

    kept: Mapping[tuple[str, int], tuple[datetime, str]] = field(default_factory=dict)
    """Failed replicas that stay for a look: until when, and how they ended."""


def describe_job(seen: JobSeen, pods: Sequence[PodSeen], around: Circumstances) -> Job:
    """Return the job as its users see it.

    Args:
        seen: The job's object.
        pods: Its pods, in any order.
        around: What else is known.
    """
    state = job_state(seen, pods)
    if state is JobState.FAILED and around.is_restarting:
        state = JobState.RESTARTING
    if state is JobState.QUEUED and seen.is_held and around.place is None:
        # Nobody has looked at it yet; most are let in at once.
        state = JobState.SUBMITTED
    is_running = state is JobState.RUNNING
    return Job(
        id=seen.id,
        project=seen.project,
        owner=seen.owner,
        spec=seen.spec,
        engine=seen.kind,
        state=state,
        reason=_reason(seen, pods, state, around),
        created=seen.created,
        started=_started(pods),
        finished=_finished(seen, state),
        attempt=seen.attempt,
        restarts=list(seen.restarts),
        queue=around.place,
        alert=around.alert if is_running else None,
        replicas=_replicas(seen, pods, state, around),
    )


def job_state(seen: JobSeen, pods: Sequence[PodSeen]) -> JobState:
    """Return where the job is in its life."""
    if seen.outcome is Outcome.SUCCEEDED:
        return JobState.SUCCEEDED
    if seen.cancelled_by:
        has_ended = seen.is_suspended or seen.outcome is not None
        is_over = has_ended and all(pod.has_ended for pod in pods)
        return JobState.CANCELLED if is_over else JobState.CANCELLING
    if seen.outcome is Outcome.FAILED:
        return JobState.FAILED
    if seen.is_held:
        return JobState.QUEUED
    if not pods:
        return JobState.SUBMITTED
    begun = [pod for pod in pods if pod.has_ended or pod.phase is PodPhase.RUNNING]
    has_all = len(begun) == len(pods) >= expected_replicas(seen)
    return JobState.RUNNING if has_all else JobState.QUEUED


def expected_replicas(seen: JobSeen) -> int:
    """Return how many pods the job has once all are made."""
    return sum(count for _, count in role_names(seen.spec))


def needs_events(seen: JobSeen, pods: Sequence[PodSeen]) -> bool:
    """Say whether only the cluster's events can tell why the job does not start."""
    if seen.is_held:
        return False
    if job_state(seen, pods) not in {JobState.SUBMITTED, JobState.QUEUED}:
        return False
    return not any(waiting_sentence(pod) for pod in pods)


def replica_has_ended(
    seen: JobSeen, pods: Sequence[PodSeen], role: str, index: int
) -> bool:
    """Say whether nothing will be added to a replica's log."""
    pod = find_pod(pods, role, index)
    return pod.has_ended if pod else job_state(seen, pods).is_final


def find_pod(pods: Sequence[PodSeen], role: str, index: int) -> PodSeen | None:
    """Return the pod of a replica; of several, the one that is not leaving."""
    found = [pod for pod in pods if pod.role == role and pod.index == index]
    return min(found, key=lambda pod: pod.is_leaving, default=None)


def _reason(
    seen: JobSeen, pods: Sequence[PodSeen], state: JobState, around: Circumstances
) -> str | None:
    match state:
        case JobState.FAILED:
            parts = [_failure(seen, pods)]
            if around.not_restarted:
                parts.append(f"It was not restarted: {around.not_restarted}")
            return " ".join(parts)
        case JobState.RESTARTING:
            return f"{_failure(seen, pods)} It starts again."
        case JobState.CANCELLING | JobState.CANCELLED:
            return f"Cancelled by {seen.cancelled_by}."
        case JobState.SUBMITTED | JobState.QUEUED:
            if seen.is_held:
                return around.note
            waiting = [each for pod in pods if (each := waiting_sentence(pod))]
            return (around.note if not pods else around.gang) or (
                waiting[0] if waiting else around.note
            )
        case JobState.RUNNING | JobState.SUCCEEDED:
            return None


def _failure(seen: JobSeen, pods: Sequence[PodSeen]) -> str:
    blamed = blamed_pod(pods)
    if blamed is None:
        return shortened(seen.outcome_message) or _UNKNOWN
    return ending_sentence(blamed, resources_of(seen.spec, blamed.role))


def blamed_pod(pods: Sequence[PodSeen]) -> PodSeen | None:
    """Return the pod whose failure was the job's; None if no failed one is there.

    The first to fail takes the others with it; of those that fail within some seconds,
    one that only says that it lost the others was not the first.
    """
    failed = [pod for pod in pods if pod.phase is PodPhase.FAILED]
    first = min(map(_ended_at, failed), default=0.0)
    return min(
        failed,
        key=lambda pod: (
            was_stopped(pod) and pod.exit_reason != "OOMKilled",
            _ended_at(pod) > first + ECHO_SECONDS,
            _is_echo(pod),
            _ended_at(pod),
            pod.index,
        ),
        default=None,
    )


def _ended_at(pod: PodSeen) -> float:
    return pod.finished.timestamp() if pod.finished else 0.0


def _is_echo(pod: PodSeen) -> bool:
    cause = find_cause(pod.last_words)
    return cause is not None and cause.is_echo


def _started(pods: Sequence[PodSeen]) -> datetime | None:
    return min((pod.started for pod in pods if pod.started), default=None)


def _finished(seen: JobSeen, state: JobState) -> datetime | None:
    if state is JobState.CANCELLED:
        return seen.cancelled_at
    return seen.finished if state.is_final else None


def _replicas(
    seen: JobSeen, pods: Sequence[PodSeen], state: JobState, around: Circumstances
) -> list[Replica]:
    is_riddle = state is JobState.FAILED and blamed_pod(pods) is None
    ending = None if is_riddle else _STOPPED
    replicas = []
    for role, count in role_names(seen.spec):
        for index in range(count):
            pod = find_pod(pods, role, index)
            if pod is None:
                replicas.append(_absent(role, index, state, ending))
            else:
                replicas.append(_present(seen, pod, around))
    return replicas


def _present(seen: JobSeen, pod: PodSeen, around: Circumstances) -> Replica:
    is_failed = pod.phase is PodPhase.FAILED
    # Told to end, it ended as one that fails does.
    is_cancelled = bool(seen.cancelled_by) and is_failed and was_stopped(pod)
    until, ending = around.kept.get((pod.role, pod.index), (None, ""))
    if pod.phase is not PodPhase.RUNNING:
        until = None
    return Replica(
        role=pod.role,
        index=pod.index,
        state=ReplicaState.CANCELLED if is_cancelled else ReplicaState(pod.phase.value),
        node=pod.node,
        reason=None
        if is_cancelled
        else ending_sentence(pod, resources_of(seen.spec, pod.role))
        if is_failed
        else (ending if until else waiting_sentence(pod)),
        exit_code=pod.exit_code,
        shell=around.shell and is_open_to_shells(pod),
        kept_until=until,
    )


def is_open_to_shells(pod: PodSeen) -> bool:
    """Say whether a shell can be opened in the pod now."""
    is_up = pod.phase is PodPhase.RUNNING and pod.started is not None
    return is_up and pod.exit_code is None and not pod.is_leaving


def _absent(role: str, index: int, state: JobState, ending: str | None) -> Replica:
    match state:
        case JobState.SUCCEEDED:
            # Only what still ran was removed with it: endless servers, or work.
            seen, reason = ReplicaState.SUCCEEDED, ending
        case JobState.CANCELLED:
            seen, reason = ReplicaState.CANCELLED, None
        case JobState.FAILED:
            seen, reason = ReplicaState.FAILED, ending
        case _:
            seen, reason = ReplicaState.PENDING, None
    return Replica(role=role, index=index, state=seen, reason=reason)
