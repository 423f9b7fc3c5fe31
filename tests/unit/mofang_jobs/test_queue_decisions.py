"""Which waiting jobs are let in."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_jobs.domain.queue_decisions import (
    AdmissionDecision,
    PendingJob,
    PendingState,
    QuotaUsage,
    Starts,
    UnschedulableJob,
    decide,
    in_admission_order,
)
from mofang_jobs.domain.resource_requests import (
    DISK_LIMIT,
    GPU,
    resource_requests,
    shortfall,
)
from mofang_kube.ephemeral_storage import ContainerDisk

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STARVATION_TIMEOUT = timedelta(minutes=10)
ANY_STARTS = Starts(per_owner=1000)


def wait(
    job: str, gpus: int, *, minutes: int = 0, rank: int = 1, owner: str = "ada"
) -> PendingJob:
    return PendingJob(
        job=job,
        owner=owner,
        rank=rank,
        submitted=NOON - timedelta(minutes=minutes),
        requests={GPU: Decimal(gpus)},
        requests_gpu=True,
    )


@pytest.mark.parametrize("wrong", [timedelta(days=-1), timedelta(days=1)])
def test_a_clock_that_is_wrong_changes_neither_order_nor_room(wrong: timedelta) -> None:
    """SubmissionService are timed by the cluster's clock, patience by the service's."""
    jobs = [wait("young", 3), wait("old", 5, minutes=5), wait("third", 1, minutes=1)]
    room = QuotaUsage(hard={GPU: Decimal(8)}, used={GPU: Decimal(2)})

    decisions = decide(
        jobs,
        room,
        project="vision",
        starts=ANY_STARTS,
        now=NOON + wrong,
        starvation_timeout=STARVATION_TIMEOUT,
    )

    assert admitted(decisions) == {"old", "third"}
    assert decisions["young"].position == 1


def decide_all(
    waiting: list[PendingJob],
    *,
    used: int = 0,
    starts: Starts = ANY_STARTS,
    unscheduled: tuple[UnschedulableJob, ...] = (),
) -> dict[str, AdmissionDecision]:
    room = QuotaUsage(hard={GPU: Decimal(8)}, used={GPU: Decimal(used)})
    return decide(
        waiting,
        room,
        project="vision",
        starts=starts,
        unscheduled=unscheduled,
        now=NOON,
        starvation_timeout=STARVATION_TIMEOUT,
    )


def admitted(decisions: dict[str, AdmissionDecision]) -> set[str]:
    return {job for job, decision in decisions.items() if decision.reason is None}


def test_high_priority_goes_first_then_who_waits_longest() -> None:
    jobs = [wait("young", 1), wait("old", 1, minutes=5), wait("urgent", 1, rank=2)]
    assert [each.job for each in in_admission_order(jobs)] == ["urgent", "old", "young"]


def test_jobs_are_let_in_as_long_as_the_whole_of_each_fits() -> None:
    decisions = decide_all(
        [wait("a", 4, minutes=3), wait("b", 4, minutes=2), wait("c", 1)]
    )
    assert admitted(decisions) == {"a", "b"}
    assert decisions["c"].position == 1


def test_a_gang_that_fits_in_part_is_not_let_in() -> None:
    decisions = decide_all([wait("gang", 4)], used=5)
    assert admitted(decisions) == set()
    assert "asks for 4 GPUs, and 3 of 8 GPUs are free" in str(decisions["gang"].reason)


def test_a_smaller_job_passes_a_bigger_one_that_has_not_waited_long() -> None:
    decisions = decide_all([wait("big", 8, minutes=5), wait("small", 1)], used=4)
    assert admitted(decisions) == {"small"}


def test_nothing_passes_who_has_waited_too_long() -> None:
    decisions = decide_all([wait("big", 8, minutes=11), wait("small", 1)], used=4)
    assert admitted(decisions) == set()
    assert (
        decisions["small"].reason
        == "big has been waiting longer and is admitted first."
    )
    assert (decisions["big"].position, decisions["small"].position) == (1, 2)


@pytest.mark.parametrize(
    ("unscheduled", "enters"),
    [
        pytest.param(
            UnschedulableJob(job="s", project="vision", rank=1, requests_gpu=True),
            False,
            id="same kind",
        ),
        pytest.param(
            UnschedulableJob(job="s", project="vision", rank=1, requests_gpu=False),
            True,
            id="other kind",
        ),
        pytest.param(
            UnschedulableJob(
                job="s", project="vision", rank=1, requests_gpu=True, pool="blue"
            ),
            True,
            id="other pool",
        ),
        pytest.param(
            UnschedulableJob(job="s", project="vision", rank=0, requests_gpu=True),
            True,
            id="less urgent",
        ),
        pytest.param(
            UnschedulableJob(job="s", project="audio", rank=2, requests_gpu=True),
            True,
            id="another project's",
        ),
    ],
)
def test_a_gang_that_finds_no_machines_is_not_starved_by_later_ones(
    unscheduled: UnschedulableJob, enters: bool
) -> None:
    assert admitted(decide_all([wait("a", 1)], unscheduled=(unscheduled,))) == (
        {"a"} if enters else set()
    )


def test_who_waits_for_machines_holds_nobody_who_needs_others() -> None:
    """A GPU job behind a stuck one waits; the project's CPU jobs do not."""
    small = replace(wait("small", 0), requests_gpu=False, requests={"pods": Decimal(1)})
    unscheduled = UnschedulableJob(job="s", project="vision", rank=1, requests_gpu=True)

    decisions = decide_all(
        [wait("gang", 1, minutes=99), small], unscheduled=(unscheduled,)
    )

    assert admitted(decisions) == {"small"}


def test_who_asks_for_more_than_the_quota_holds_nobody() -> None:
    """Its quota was lowered after it was submitted."""
    decisions = decide_all([wait("huge", 9, minutes=99), wait("small", 1)])

    assert admitted(decisions) == {"small"}
    assert "have an administrator raise the quota" in str(decisions["huge"].reason)


def test_a_project_without_quota_lets_everything_in() -> None:
    room = QuotaUsage(hard={}, used={})
    decisions = decide(
        [wait("a", 999)],
        room,
        project="vision",
        starts=ANY_STARTS,
        now=NOON,
        starvation_timeout=STARVATION_TIMEOUT,
    )
    assert admitted(decisions) == {"a"}


def test_of_one_owner_a_few_jobs_start_at_a_time_and_others_pass_the_rest() -> None:
    jobs = [wait(f"of-ada-{number}", 1, minutes=9 - number) for number in range(4)]
    jobs.append(wait("of-ben", 1, owner="ben"))

    decisions = decide_all(jobs, starts=Starts(per_owner=2, starting={"ada": 1}))

    assert admitted(decisions) == {"of-ada-0", "of-ben"}
    late = decisions["of-ada-1"]
    assert (late.position, late.state) == (1, PendingState.QUEUED)
    assert "2 jobs of ada are starting" in str(late.reason)


def test_a_job_that_may_not_start_yet_takes_no_quota_from_others() -> None:
    jobs = [wait("large", 8, minutes=99), wait("of-ben", 8, owner="ben")]

    decisions = decide_all(jobs, starts=Starts(per_owner=1, starting={"ada": 1}))

    assert admitted(decisions) == {"of-ben"}


def test_what_a_job_takes_counts_every_role() -> None:
    spec = make_spec(
        framework="tensorflow",
        replicas=3,
        resources={"cpu": "2", "memory": "4Gi", "gpu": 2},
        roles={"ps": {"replicas": 2, "resources": {"cpu": "500m", "memory": "1Gi"}}},
    )
    found = resource_requests(spec)
    assert found[GPU] == 6, "neither chief nor parameter servers take GPUs"
    assert found["requests.cpu"] == 3 * 2 + 2 * Decimal("0.5") + 2
    assert found["pods"] == 6


def test_the_init_container_of_a_launcher_is_counted() -> None:
    resources = {"cpu": "10m", "memory": "64Mi"}
    found = resource_requests(make_spec(framework="mpi", resources=resources))
    assert found["requests.cpu"] == Decimal("0.11")
    assert found["requests.memory"] == (512 + 64) * 1024**2


def test_the_disk_of_nodes_counts_where_a_project_bounds_it() -> None:
    """Otherwise a job is admitted of which the quota refuses some pods."""
    requests = resource_requests(
        make_spec(replicas=3), disks={"worker": ContainerDisk(limit=15 * 1024**3)}
    )
    assert requests[DISK_LIMIT] == 45 * 1024**3

    assert shortfall(requests, {}, {}) == []
    assert shortfall(requests, {DISK_LIMIT: Decimal(40 * 1024**3)}, {}) == [
        "45 GiB of local disk, and 40 GiB of 40 GiB of local disk are free"
    ]


def test_nothing_asked_is_never_short() -> None:
    none = {GPU: Decimal(0)}
    assert shortfall(none, {GPU: Decimal(0)}, {GPU: Decimal(5)}) == []


def test_a_thousand_random_queues_never_exceed_the_quota() -> None:
    """Whatever waits: what is let in fits, and the first that fits is let in."""
    chance = random.Random(7)
    for _ in range(1000):
        jobs = [
            replace(
                wait(f"j{number}", chance.randint(0, 9), minutes=chance.randint(0, 30)),
                rank=chance.randint(0, 2),
            )
            for number in range(chance.randint(0, 12))
        ]
        used = chance.randint(0, 8)
        entered = admitted(decide_all(jobs, used=used))
        taken = sum(int(each.requests[GPU]) for each in jobs if each.job in entered)
        assert used + taken <= 8 or not taken
        first = in_admission_order(jobs)[:1]
        assert not first or (first[0].job in entered) is (
            first[0].requests[GPU] <= 8 - used or not first[0].requests[GPU]
        )
