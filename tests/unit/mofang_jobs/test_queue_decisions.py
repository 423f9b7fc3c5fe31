"""Which waiting jobs are let in."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_jobs.domain.queue_decisions import (
    Room,
    Stuck,
    Verdict,
    Waiting,
    in_order,
    judge,
)
from mofang_jobs.domain.resource_requests import GPU, demand_of, shortfall

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=10)


def wait(job: str, gpus: int, *, minutes: int = 0, rank: int = 1) -> Waiting:
    return Waiting(
        job=job,
        rank=rank,
        submitted=NOON - timedelta(minutes=minutes),
        demand={GPU: Decimal(gpus)},
        asks_gpu=True,
    )


@pytest.mark.parametrize("wrong", [timedelta(days=-1), timedelta(days=1)])
def test_a_clock_that_is_wrong_changes_neither_order_nor_room(wrong: timedelta) -> None:
    """Submissions are timed by the cluster's clock, patience by the service's."""
    jobs = [wait("young", 3), wait("old", 5, minutes=5), wait("third", 1, minutes=1)]
    room = Room(hard={GPU: Decimal(8)}, used={GPU: Decimal(2)})

    verdicts = judge(jobs, room, now=NOON + wrong, patience=PATIENCE)

    assert let_in(verdicts) == {"old", "third"}
    assert verdicts["young"].position == 1


def judged(
    waiting: list[Waiting], *, used: int = 0, stuck: tuple[Stuck, ...] = ()
) -> dict[str, Verdict]:
    room = Room(hard={GPU: Decimal(8)}, used={GPU: Decimal(used)})
    return judge(waiting, room, stuck=stuck, now=NOON, patience=PATIENCE)


def let_in(verdicts: dict[str, Verdict]) -> set[str]:
    return {job for job, verdict in verdicts.items() if verdict.reason is None}


def test_high_priority_goes_first_then_who_waits_longest() -> None:
    jobs = [wait("young", 1), wait("old", 1, minutes=5), wait("urgent", 1, rank=2)]
    assert [each.job for each in in_order(jobs)] == ["urgent", "old", "young"]


def test_jobs_are_let_in_as_long_as_the_whole_of_each_fits() -> None:
    verdicts = judged([wait("a", 4, minutes=3), wait("b", 4, minutes=2), wait("c", 1)])
    assert let_in(verdicts) == {"a", "b"}
    assert verdicts["c"].position == 1


def test_a_gang_that_fits_in_part_is_not_let_in() -> None:
    verdicts = judged([wait("gang", 4)], used=5)
    assert let_in(verdicts) == set()
    assert "asks for 4 GPUs, and 3 of 8 GPUs are free" in str(verdicts["gang"].reason)


def test_a_smaller_job_passes_a_bigger_one_that_has_not_waited_long() -> None:
    verdicts = judged([wait("big", 8, minutes=5), wait("small", 1)], used=4)
    assert let_in(verdicts) == {"small"}


def test_nothing_passes_who_has_waited_too_long() -> None:
    verdicts = judged([wait("big", 8, minutes=11), wait("small", 1)], used=4)
    assert let_in(verdicts) == set()
    assert verdicts["small"].reason == "big has waited longest and goes first."
    assert (verdicts["big"].position, verdicts["small"].position) == (1, 2)


@pytest.mark.parametrize(
    ("stuck", "enters"),
    [
        pytest.param(Stuck(job="s", rank=1, asks_gpu=True), False, id="same kind"),
        pytest.param(Stuck(job="s", rank=1, asks_gpu=False), True, id="other kind"),
        pytest.param(
            Stuck(job="s", rank=1, asks_gpu=True, pool="blue"), True, id="other pool"
        ),
        pytest.param(Stuck(job="s", rank=0, asks_gpu=True), True, id="less urgent"),
    ],
)
def test_a_gang_that_finds_no_machines_is_not_starved_by_later_ones(
    stuck: Stuck, enters: bool
) -> None:
    assert let_in(judged([wait("a", 1)], stuck=(stuck,))) == (
        {"a"} if enters else set()
    )


def test_who_waits_for_machines_holds_nobody_who_needs_others() -> None:
    """A GPU job behind a stuck one waits; the project's CPU jobs do not."""
    small = replace(wait("small", 0), asks_gpu=False, demand={"pods": Decimal(1)})
    stuck = Stuck(job="s", rank=1, asks_gpu=True)

    verdicts = judged([wait("gang", 1, minutes=99), small], stuck=(stuck,))

    assert let_in(verdicts) == {"small"}


def test_who_asks_for_more_than_the_quota_holds_nobody() -> None:
    """Its quota was lowered after it was submitted."""
    verdicts = judged([wait("huge", 9, minutes=99), wait("small", 1)])

    assert let_in(verdicts) == {"small"}
    assert "have an administrator raise the quota" in str(verdicts["huge"].reason)


def test_a_project_without_quota_lets_everything_in() -> None:
    room = Room(hard={}, used={})
    verdicts = judge([wait("a", 999)], room, now=NOON, patience=PATIENCE)
    assert let_in(verdicts) == {"a"}


def test_what_a_job_takes_counts_every_role() -> None:
    spec = make_spec(
        framework="tensorflow",
        replicas=3,
        resources={"cpu": "2", "memory": "4Gi", "gpu": 2},
        roles={"ps": {"replicas": 2, "resources": {"cpu": "500m", "memory": "1Gi"}}},
    )
    found = demand_of(spec)
    assert found[GPU] == 6, "neither chief nor parameter servers take GPUs"
    assert found["requests.cpu"] == 3 * 2 + 2 * Decimal("0.5") + 2
    assert found["pods"] == 6


def test_the_init_container_of_a_launcher_is_counted() -> None:
    resources = {"cpu": "10m", "memory": "64Mi"}
    found = demand_of(make_spec(framework="mpi", resources=resources))
    assert found["requests.cpu"] == Decimal("0.11")
    assert found["requests.memory"] == (512 + 64) * 1024**2


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
        entered = let_in(judged(jobs, used=used))
        taken = sum(int(each.demand[GPU]) for each in jobs if each.job in entered)
        assert used + taken <= 8 or not taken
        first = in_order(jobs)[:1]
        assert not first or (first[0].job in entered) is (
            first[0].demand[GPU] <= 8 - used or not first[0].demand[GPU]
        )
