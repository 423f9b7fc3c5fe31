"""One state and one sentence, from what was seen of a job and its pods."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_observed_job, make_pod, make_spec

from mofang_api.models import JobState, ReplicaState
from mofang_jobs.domain.messages import failure_reason, pending_reason
from mofang_jobs.domain.models import ObservedJob, ObservedPod, Outcome, PodPhase
from mofang_jobs.domain.status import (
    StatusInputs,
    describe_job,
    job_state,
    replica_has_ended,
)
from mofang_jobs.services.event_reasons import event_message

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TWO = make_observed_job(spec=make_spec(replicas=2))
WAITING = {"phase": PodPhase.PENDING}


def two(**facts: Any) -> ObservedJob:
    return make_observed_job(spec=make_spec(replicas=2), **facts)


@pytest.mark.parametrize(
    ("observed", "pods", "expected"),
    [
        pytest.param(two(), [], JobState.SUBMITTED, id="no pod yet"),
        pytest.param(two(), [make_pod(0)], JobState.QUEUED, id="one of two made"),
        pytest.param(
            two(),
            [make_pod(0), make_pod(1, **WAITING)],
            JobState.QUEUED,
            id="one waits",
        ),
        pytest.param(two(), [make_pod(0), make_pod(1)], JobState.RUNNING, id="all run"),
        pytest.param(
            two(),
            [make_pod(0), make_pod(1, phase=PodPhase.SUCCEEDED)],
            JobState.RUNNING,
            id="one is done",
        ),
        pytest.param(
            two(outcome=Outcome.SUCCEEDED),
            [],
            JobState.SUCCEEDED,
            id="succeeded, pods gone",
        ),
        pytest.param(
            two(outcome=Outcome.FAILED),
            [make_pod(0)],
            JobState.FAILED,
            id="failed, one still ending",
        ),
        pytest.param(
            two(cancelled_by="ada"),
            [make_pod(0)],
            JobState.CANCELLING,
            id="cancelled, not noted yet",
        ),
        pytest.param(
            two(cancelled_by="ada", is_suspension_observed=True),
            [make_pod(0)],
            JobState.CANCELLING,
            id="cancelled, pods ending",
        ),
        pytest.param(
            two(cancelled_by="ada", is_suspension_observed=True),
            [],
            JobState.CANCELLED,
            id="cancelled, pods gone",
        ),
        pytest.param(
            two(cancelled_by="ada", outcome=Outcome.SUCCEEDED),
            [],
            JobState.SUCCEEDED,
            id="ended before the cancelling",
        ),
    ],
)
def test_state(
    observed: ObservedJob, pods: list[ObservedPod], expected: JobState
) -> None:
    assert job_state(observed, pods) is expected


def describe(
    observed: ObservedJob, pods: list[ObservedPod], waiting_reason: str | None = None
) -> Any:
    inputs = StatusInputs(job=observed, pods=tuple(pods), waiting_reason=waiting_reason)
    return describe_job(inputs, shell=True)


def test_the_first_to_fail_is_blamed() -> None:
    """One worker's error ends the others; theirs is not the cause."""
    pods = [
        make_pod(
            0,
            phase=PodPhase.FAILED,
            exit_code=1,
            termination_message="RuntimeError: Connection closed by peer",
            finished=NOW + timedelta(seconds=5),
        ),
        make_pod(
            1,
            phase=PodPhase.FAILED,
            exit_code=1,
            termination_message="ValueError: bad batch",
            finished=NOW,
        ),
    ]

    job = describe(two(outcome=Outcome.FAILED), pods)

    assert job.reason == "worker-1 ended with exit code 1: ValueError: bad batch."


@pytest.mark.parametrize(
    ("later", "blamed"),
    [
        pytest.param(0, "worker-1", id="in the same second"),
        pytest.param(2, "worker-1", id="a little later"),
        pytest.param(60, "worker-0", id="long after it lost the others"),
    ],
)
def test_who_lost_the_others_is_not_blamed_for_their_end(
    later: int, blamed: str
) -> None:
    pods = [
        make_pod(
            0,
            phase=PodPhase.FAILED,
            exit_code=1,
            termination_message="RuntimeError: Connection closed by peer",
            finished=NOW,
        ),
        make_pod(
            1,
            phase=PodPhase.FAILED,
            exit_code=1,
            termination_message="ValueError: bad batch",
            finished=NOW + timedelta(seconds=later),
        ),
    ]

    job = describe(two(outcome=Outcome.FAILED), pods)

    assert blamed in job.reason


def test_a_ray_job_s_own_words_tell_why_it_failed() -> None:
    observed = two(
        outcome=Outcome.FAILED,
        kind="RayJob",
        outcome_message="The entry point failed with exit code 3",
    )

    assert describe(observed, []).reason == "The entry point failed with exit code 3."


def test_who_was_told_to_end_is_not_blamed() -> None:
    pods = [
        make_pod(0, phase=PodPhase.FAILED, exit_code=143, finished=NOW),
        make_pod(
            1,
            phase=PodPhase.FAILED,
            exit_code=1,
            termination_message="KeyError: 'x'",
            finished=NOW + timedelta(seconds=9),
        ),
    ]

    assert "worker-1" in describe(two(outcome=Outcome.FAILED), pods).reason


def test_cancelled_names_who_did_it() -> None:
    observed = two(cancelled_by="root", cancelled_at=NOW, is_suspension_observed=True)

    job = describe(observed, [])

    assert job.reason == "Cancelled by root."
    assert job.finished == NOW
    assert {each.state for each in job.replicas} == {ReplicaState.CANCELLED}


@pytest.mark.parametrize(
    ("code", "state", "says"),
    [
        pytest.param(143, ReplicaState.CANCELLED, None, id="told to end"),
        pytest.param(137, ReplicaState.CANCELLED, None, id="killed after that"),
        pytest.param(1, ReplicaState.FAILED, "exit code 1", id="failed before that"),
    ],
)
def test_a_container_that_was_told_to_end_did_not_fail(
    code: int, state: ReplicaState, says: str | None
) -> None:
    observed = two(cancelled_by="root", cancelled_at=NOW, is_suspension_observed=True)
    pods = [make_pod(0, phase=PodPhase.FAILED, exit_code=code, finished=NOW)]

    first = describe(observed, pods).replicas[0]

    assert (first.state, first.exit_code) == (state, code)
    assert says in first.reason if says else first.reason is None


def test_events_tell_only_where_pods_do_not() -> None:
    waiting = make_pod(0, **WAITING, unschedulable="0/1 nodes are available: x")

    assert describe(two(), [], waiting_reason="No room.").reason == "No room."
    assert "scheduled" in describe(two(), [waiting], waiting_reason="No room.").reason
    assert (
        describe(two(), [make_pod(0), make_pod(1)], waiting_reason="No room.").reason
        is None
    )


def test_a_replica_that_still_ran_when_the_job_succeeded_was_stopped() -> None:
    """It may not have done what it was about to do, though the job succeeded."""
    ended = make_pod(0, phase=PodPhase.SUCCEEDED, exit_code=0)

    first, second = describe_job(
        StatusInputs(job=two(outcome=Outcome.SUCCEEDED), pods=(ended,))
    ).replicas

    assert first.reason is None
    assert second.reason == "It was terminated because the job ended."


def test_a_job_whose_failed_pod_is_gone_blames_no_replica() -> None:
    job = describe_job(StatusInputs(job=two(outcome=Outcome.FAILED)))

    assert "its pod was deleted" in str(job.reason)
    assert [each.reason for each in job.replicas] == [None, None]


def test_every_replica_is_listed_before_it_is_made() -> None:
    job = describe(two(), [make_pod(1, started=NOW)])

    assert [each.name for each in job.replicas] == ["worker-0", "worker-1"]
    assert [each.shell_allowed for each in job.replicas] == [False, True]


@pytest.mark.parametrize(
    ("facts", "is_open"),
    [
        pytest.param({"started": NOW}, True, id="runs"),
        pytest.param({}, False, id="container not started"),
        pytest.param({"started": NOW, "is_terminating": True}, False, id="leaving"),
        pytest.param({"started": NOW, "exit_code": 0}, False, id="container ended"),
        pytest.param({"phase": PodPhase.SUCCEEDED, "started": NOW}, False, id="ended"),
    ],
)
def test_shells_are_offered_in_what_runs(facts: dict[str, Any], is_open: bool) -> None:
    job = describe(make_observed_job(), [make_pod(**facts)])

    assert job.replicas[0].shell_allowed is is_open


@pytest.mark.parametrize(
    ("observed", "pods", "expected"),
    [
        pytest.param(two(), [], False, id="not begun"),
        pytest.param(two(), [make_pod(0)], False, id="runs"),
        pytest.param(two(), [make_pod(0, phase=PodPhase.FAILED)], True, id="ended"),
        pytest.param(
            two(outcome=Outcome.FAILED), [make_pod(0)], False, id="still writes"
        ),
        pytest.param(two(outcome=Outcome.FAILED), [], True, id="gone with its job"),
    ],
)
def test_end_of_a_log(
    observed: ObservedJob, pods: list[ObservedPod], expected: bool
) -> None:
    assert replica_has_ended(observed, pods, "worker", 0) is expected


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        pytest.param(
            {"exit_reason": "OOMKilled", "exit_code": 137},
            "worker-0 ran out of memory: it may use 1Gi. Ask for more, or use smaller "
            "batches.",
            id="out of memory",
        ),
        pytest.param(
            {"exit_code": 137},
            "worker-0 was killed (SIGKILL, exit code 137). It probably ran "
            "out of memory: it may use 1Gi.",
            id="killed without words",
        ),
        pytest.param(
            {"exit_code": 3},
            "worker-0 ended with exit code 3. See its log.",
            id="no words",
        ),
        pytest.param(
            {"status_reason": "Evicted", "status_message": "low on disk", "node": "n1"},
            "worker-0 was evicted from node n1: low on disk. Ask for more, or write "
            "less to the container's own disk.",
            id="evicted",
        ),
        pytest.param(
            {
                "status_reason": "Evicted",
                "status_message": 'Usage of EmptyDir volume "cache" exceeds the limit '
                '"50G". ',
                "exit_code": 137,
                "node": "n1",
            },
            "worker-0 filled /cache and was evicted: 41.9 GiB of its 46.6 GiB are "
            "usable, and it wrote more than that size. Delete what the script no "
            "longer needs there, write large results to an output, or choose "
            "resources or an environment with a larger /cache.",
            id="its /cache is full",
        ),
        pytest.param(
            {
                "status_reason": "Evicted",
                "status_message": "The node was low on resource: ephemeral-storage. "
                "Threshold quantity: 1Gi, available: 900Mi. ",
                "node": "n1",
            },
            "worker-0 was evicted: node n1 ran low on disk. Submit the job again; if "
            "that recurs, ask an administrator.",
            id="its node is full",
        ),
        pytest.param(
            {"status_reason": "NodeLost", "node": "n1"},
            "worker-0 was terminated by node n1: NodeLost.",
            id="machine lost",
        ),
        pytest.param(
            {
                "exit_code": 127,
                "termination_message": "[Mofang] 2026-11-23T00:00:00Z There is no "
                "script x.py. The working directory is /home/jovyan.\n"
                "[Mofang] 2026-11-23T00:00:00Z worker-0 ended with exit code 127.\n",
            },
            "worker-0 ended with exit code 127: There is no script x.py. The working "
            "directory is /home/jovyan.",
            id="the wrapper's own words",
        ),
    ],
)
def test_endings(facts: dict[str, Any], message: str) -> None:
    pod = make_pod(**{"phase": PodPhase.FAILED, **facts})

    assert failure_reason(pod, make_spec().resources) == message


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        pytest.param({}, None, id="nothing special"),
        pytest.param(
            {
                "unschedulable": "0/2 nodes are available: 1 Insufficient "
                "nvidia.com/gpu, 1 node(s) had untolerated taint(s). no new claims to "
                "deallocate, preemption: 0/2 nodes are available"
            },
            "worker-0 cannot be scheduled: of 2 nodes, 1 has too few free GPUs, 1 does "
            "not match its node affinity or tolerations.",
            id="GPUs taken",
        ),
        pytest.param(
            {"unschedulable": "0/3 nodes are available: 3 Insufficient cpu."},
            "worker-0 cannot be scheduled: of 3 nodes, 3 have too little free CPU.",
            id="CPU taken",
        ),
        pytest.param(
            {"waiting_reason": "ImagePullBackOff", "waiting_message": "x: not found"},
            "The image docker.io/mofang/pytorch:1 cannot be pulled for worker-0: the "
            "image does not exist. Cancel the job and submit it with an image that "
            "exists.",
            id="no such image",
        ),
        pytest.param(
            {"waiting_reason": "ErrImagePull", "waiting_message": "401 Unauthorized"},
            "The image docker.io/mofang/pytorch:1 cannot be pulled for worker-0: the "
            "registry denied access; check the image pull secrets. Cancel the job and "
            "submit it with an image that exists.",
            id="not allowed to pull",
        ),
        pytest.param({"waiting_reason": "ContainerCreating"}, None, id="being made"),
    ],
)
def test_waiting(facts: dict[str, Any], message: str | None) -> None:
    assert pending_reason(make_pod(**{**WAITING, **facts})) == message


def test_a_used_up_quota_is_told_with_its_figures() -> None:
    message = event_message(
        "FailedCreatePod",
        'Error creating: pods "x-worker-1" is forbidden: exceeded quota: mofang, '
        "requested: requests.cpu=2, used: requests.cpu=7, limited: requests.cpu=8",
    )

    assert message == (
        "The project's quota is exceeded: the job asks for 2 of cpu more, and 7 of 8 "
        "are in use. It starts when other jobs or servers of the project end."
    )
