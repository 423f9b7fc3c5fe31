"""The queue on pretended seams: what it makes of what goes wrong around it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_observed_job, make_pod, make_spec

from mofang_jobs.adapters.job_conditions import JobConditions
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.adapters.subscriptions import Subscription
from mofang_jobs.domain.capacity import NodeCapacity, group_equal_nodes
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.models import Manifest, ObservedJob, ObservedPod, PodPhase
from mofang_jobs.scheduling.queue import JobQueue
from mofang_jobs.scheduling.queue_state import (
    HOLD_SECONDS,
    NOTE_SECONDS,
    QUOTA_LAG_SECONDS,
    RETRY_SECONDS,
)
from mofang_jobs.scheduling.starting_jobs import START_SECONDS
from mofang_kube.errors import ClusterError, KubernetesUnavailableError
from mofang_kube.watcher import Watcher
from support.clock import FakeClock
from support.eventually import until

STARVATION_TIMEOUT = timedelta(minutes=10)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FREE = {"requests.cpu": "100"}


class PretendedBoard:
    def __init__(self) -> None:
        self.jobs: list[ObservedJob] = []
        self.pods: dict[str, list[ObservedPod]] = {}
        self.node_objects: list[Manifest] = []

    @property
    def node_capacities(self) -> list[NodeCapacity]:
        return group_equal_nodes(self.node_objects)

    def notify(self, job: ObservedJob) -> None: ...

    async def wait_for_sync(self) -> None: ...

    async def wait_for_nodes(self) -> None: ...

    @contextmanager
    def subscribed(self, project: str | None) -> Iterator[Subscription]:
        yield Subscription(project)

    def list_unfinished(self) -> list[ObservedJob]:
        return self.jobs

    def pods_of(self, job: ObservedJob) -> list[ObservedPod]:
        return self.pods.get(job.id, [])


class World:
    """A queue of projects with quotas; it is its releaser and its pools itself."""

    def __init__(self, **asked: Any) -> None:
        self.cache = PretendedBoard()
        self.quotas = Watcher(None, "/quotas")
        self.entered: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.tried: list[str] = []
        self.asked = 0
        self.knows = asyncio.Event()
        self.knows.set()
        self.clock = FakeClock()
        self.conditions = JobConditions(self.cache, None)
        self.queue = JobQueue(
            self.cache,
            Quotas(self.quotas),
            self,
            self,
            self.conditions,
            starvation_timeout=STARVATION_TIMEOUT,
            clock=self.clock,
            **{"starts_per_owner": 1000, **asked},
        )

    async def ready(self) -> None:
        self.asked += 1
        if self.asked == 1:
            raise KubernetesUnavailableError("Kubernetes does not answer.")
        await self.knows.wait()

    def pool_of(self, project: str) -> str:
        assert self.knows.is_set()
        return ""

    async def admit(self, job: ObservedJob) -> bool:
        self.tried.append(job.id)
        if job.id in self.errors:
            raise self.errors[job.id]
        self.entered.append(job.id)
        return True

    def allow(
        self, project: str, hard: dict[str, str], used: dict[str, str] | None = None
    ) -> None:
        metadata = {"namespace": f"mofang-project-{project}", "name": "mofang"}
        self.quotas.put({"metadata": metadata, "hard": hard, "used": used or {}})

    def add_node(self, gpus: int = 0, cpu: str = "64", left: str = "") -> None:
        name = f"machine-{len(self.cache.node_objects)}"
        capacity = {"cpu": cpu, "memory": "1Ti", "nvidia.com/gpu": str(gpus)}
        allocatable = {**capacity, "cpu": left or cpu}
        status = {"capacity": capacity, "allocatable": allocatable}
        self.cache.node_objects.append({"metadata": {"name": name}, "status": status})

    def add_pending(
        self,
        gpus: int,
        replicas: int = 1,
        said: str = "0/1",
        name: str = "pending",
        **more: Any,
    ) -> None:
        """Let a job in that finds no machines."""
        asked = {"replicas": replicas, "resources": {"gpu": gpus}, **more}
        self.add(name, "vision", asked=asked, is_suspended=False)
        pods = [
            make_pod(number, phase=PodPhase.PENDING, unschedulable=said)
            for number in range(replicas)
        ]
        self.cache.pods[name] = pods

    async def advance(self, seconds: float) -> None:
        """Decide now, and again after some time."""
        await self.queue.decide()
        self.clock.advance(seconds)
        self.entered.clear()
        self.add("later", "vision", asked={"resources": {"gpu": 1}})
        await self.queue.decide()

    def add(self, name: str, project: str, **facts: Any) -> ObservedJob:
        spec = make_spec(**facts.pop("asked", {}))
        basis = {"id": name, "uid": name, "project": project, "spec": spec}
        job = make_observed_job(**{"is_suspended": True, **basis, **facts})
        self.cache.jobs.append(job)
        return job


async def test_what_kubernetes_makes_of_a_quota_is_read() -> None:
    world = World()
    world.allow("vision", {"limits.memory": "1Ei", "requests.cpu": "1e3"})
    world.add("train", "vision")

    await world.queue.decide()

    assert world.entered == ["train"]


async def test_a_quota_that_cannot_be_read_stops_its_own_project_only() -> None:
    world = World()
    for project in ("audio", "vision"):
        world.add(f"of-{project}", project)
    world.allow("audio", {"requests.cpu": "many"})
    world.allow("vision", FREE)

    await world.queue.decide()

    assert world.entered == ["of-vision"]
    _, reason = world.queue.queue_position(world.cache.jobs[0])
    assert "quota or one of its jobs cannot be read" in str(reason)


async def test_who_finds_no_machines_for_long_goes_before_later_ones() -> None:
    world = World()
    world.add_node(gpus=8)
    world.add_pending(gpus=8)

    await world.advance(STARVATION_TIMEOUT.total_seconds())

    assert world.entered == []


@pytest.mark.parametrize(
    ("gpus", "replicas"),
    [
        pytest.param(16, 1, id="a replica larger than any machine"),
        pytest.param(8, 3, id="a gang larger than all machines"),
    ],
)
async def test_who_would_not_fit_on_empty_machines_holds_nobody(
    gpus: int, replicas: int
) -> None:
    world = World()
    for _ in range(2):
        world.add_node(gpus=8)
    world.add_pending(gpus=gpus, replicas=replicas)

    await world.advance(STARVATION_TIMEOUT.total_seconds())

    assert world.entered == ["later"]


@pytest.mark.parametrize("replicas", [0, 1])
async def test_who_waits_for_something_else_than_machines_holds_nobody(
    replicas: int,
) -> None:
    """Its operator is down, or its image is being pulled."""
    world = World()
    world.add_node(gpus=8)
    world.add_pending(gpus=8, said="")
    del world.cache.pods["pending"][replicas:]

    await world.advance(STARVATION_TIMEOUT.total_seconds())

    assert world.entered == ["later"]


async def test_no_job_of_one_project_ever_holds_another_project() -> None:
    """Not even several that begin to wait one after the other, with high priority."""
    world = World()
    world.add_node(gpus=8)
    period = (STARVATION_TIMEOUT.total_seconds() + HOLD_SECONDS) / 4
    for number in range(12):
        world.add_pending(gpus=8, name=f"unplaceable-{number}", priority="high")
        world.add(f"other-{number}", "audio", asked={"resources": {"gpu": 1}})
        world.entered.clear()
        await world.queue.decide()
        assert f"other-{number}" in world.entered, number
        world.cache.jobs = [
            each for each in world.cache.jobs if each.project != "audio"
        ]
        world.clock.advance(period)
    world.entered.clear()
    world.add("own", "vision", asked={"resources": {"gpu": 1}})
    await world.queue.decide()
    assert world.entered == [], "the project's own queue is held"


async def test_nobody_holds_others_for_ever() -> None:
    world = World()
    world.add_node(gpus=8)
    world.add_pending(gpus=8)

    await world.advance(STARVATION_TIMEOUT.total_seconds() + HOLD_SECONDS)

    assert world.entered == ["later"]


async def test_a_fresh_service_knows_since_when_a_job_finds_no_machines() -> None:
    before = World(now=lambda: NOW)
    before.add_node(gpus=8)
    before.add_pending(gpus=8)
    await before.queue.decide()
    (unscheduled,) = before.cache.jobs
    kind = ConditionType.UNSCHEDULABLE
    assert before.conditions.find(unscheduled, kind) is None, (
        "it may find one in a moment"
    )
    before.clock.advance(NOTE_SECONDS)
    await before.queue.decide()
    condition = before.conditions.find(unscheduled, kind)
    assert condition is not None
    assert condition.since == NOW - timedelta(seconds=NOTE_SECONDS)

    for minutes, entered in ((5, ["later"]), (9.5, [])):
        after = World(now=lambda gone=minutes: NOW + timedelta(minutes=gone))
        after.add_node(gpus=8)
        after.add_pending(gpus=8)
        after.cache.jobs = [replace(unscheduled, conditions=(condition,))]
        await after.advance(0)
        assert after.entered == entered

    (job,) = (each for each in after.cache.jobs if each.id == "pending")
    after.cache.pods["pending"] = [make_pod(0, node="cpu-1")]
    await after.queue.decide()
    assert after.conditions.find(job, kind) is None


async def test_a_refusal_is_told_and_takes_no_room() -> None:
    world = World()
    world.allow("vision", {"requests.cpu": "1"})
    first, second, third = (world.add(name, "vision") for name in ("a", "b", "c"))
    world.errors["a"] = ClusterError("Could not create PodGroup a: queue is closed")

    await world.queue.decide()

    assert world.entered == ["b"], "what the first would have taken is free"
    queue_position, reason = world.queue.queue_position(first)
    assert str(reason).startswith(
        "It could not be admitted yet: Could not create PodGroup a: queue is closed. "
    )
    assert queue_position is not None
    assert (queue_position.position, queue_position.length) == (1, 2)
    assert world.queue.queue_position(second)[1] is None
    assert "1 cores, and 0 of 1 cores are free" in str(
        world.queue.queue_position(third)[1]
    )


async def test_a_refused_job_is_tried_again_after_a_while() -> None:
    world = World()
    job = world.add("a", "vision")
    world.errors["a"] = ClusterError("Could not create PodGroup a: not now")

    await world.queue.decide()
    await world.queue.decide()
    assert world.tried == ["a"]
    del world.errors["a"]
    world.clock.advance(RETRY_SECONDS)
    await world.queue.decide()

    assert world.entered == ["a"]
    assert world.queue.queue_position(job)[1] is None


async def test_what_nobody_foresaw_is_told_without_its_trace() -> None:
    world = World()
    job = world.add("a", "vision")
    world.add("b", "vision")
    world.errors["a"] = KeyError("metadata")

    await world.queue.decide()

    assert world.entered == ["b"]
    reason = str(world.queue.queue_position(job)[1])
    assert "the training service failed" in reason
    assert "metadata" not in reason


async def test_nobody_else_is_tried_while_the_cluster_is_away() -> None:
    world = World()
    world.allow("vision", {"requests.cpu": "1"})
    for name in ("a", "b"):
        world.add(name, "vision")
    world.errors["a"] = KubernetesUnavailableError("Kubernetes does not answer.")

    await world.queue.decide()
    assert world.tried == ["a"]
    world.errors.clear()
    await world.queue.decide()

    assert world.entered == ["a"]


async def test_nobody_is_let_in_before_the_projects_are_known() -> None:
    """Just after a start; the cluster was away when they were first asked for."""
    world = World(retry_seconds=0.01)
    world.knows.clear()
    world.quotas.has_synced.set()
    world.add("a", "vision")
    task = asyncio.create_task(world.queue.run())
    try:
        # The second time it is asked it waits, so nothing more happens by itself.
        await until(lambda: world.asked == 2)
        assert world.tried == []

        world.knows.set()
        await until(lambda: bool(world.entered))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_job_that_no_node_could_take_stays_in_the_queue() -> None:
    """It takes no quota, holds nobody, and enters when a node is large enough."""
    world = World()
    world.allow("vision", {"requests.cpu": "16"})
    world.add_node(cpu="2", left="1900m")
    ten = {"resources": {"cpu": "10"}}
    ages_ago = datetime(2020, 1, 1, tzinfo=UTC)
    big = world.add("big", "vision", asked=ten, created=ages_ago)
    world.add("small", "vision")

    await world.queue.decide()

    assert world.entered == ["small"]
    queue_position, reason = world.queue.queue_position(big)
    assert queue_position is not None
    assert (queue_position.position, queue_position.length) == (1, 1)
    assert reason == (
        "A worker replica needs 10 cores; the largest node it may use in the cluster "
        "has 2 (1.9 allocatable). The job is admitted as soon as the nodes suffice. "
        "Ask an administrator, or cancel it and ask for less."
    )

    world.cache.jobs.remove(world.cache.jobs[1])
    world.add_node(cpu="12")
    await world.queue.decide()

    assert world.entered == ["small", "big"]


async def test_such_a_job_holds_nobody_even_if_it_lacks_quota_too() -> None:
    world = World()
    world.allow("vision", {"requests.cpu": "16"}, used={"requests.cpu": "8"})
    world.add_node(cpu="2")
    ages_ago = datetime(2020, 1, 1, tzinfo=UTC)
    ten = {"resources": {"cpu": "10"}}
    big = world.add("big", "vision", asked=ten, created=ages_ago)
    world.add("small", "vision")

    await world.queue.decide()

    assert world.entered == ["small"]
    assert "the largest node it may use" in str(world.queue.queue_position(big)[1])


async def test_where_an_autoscaler_adds_nodes_such_a_job_is_admitted() -> None:
    """It acts for pods that are Pending, and for nothing else."""
    world = World(admit_unschedulable=True)
    world.add_node(cpu="2")
    world.add("big", "vision", asked={"resources": {"cpu": "10"}})

    await world.queue.decide()

    assert world.entered == ["big"]


def ten_cores(world: World, pods: int) -> None:
    """An admitted job of ten replicas with a core each, so many of them made."""
    world.add("ten", "vision", asked={"replicas": 10}, is_suspended=False)
    world.cache.pods["ten"] = [make_pod(n, node="n") for n in range(pods)]


@pytest.mark.parametrize(
    ("pods", "used"),
    [
        pytest.param(10, "13.25", id="all of its pods are made"),
        pytest.param(0, "3.25", id="none is made yet"),
        pytest.param(4, "7.25", id="some are made"),
    ],
)
async def test_an_admitted_job_is_counted_once(pods: int, used: str) -> None:
    world = World()
    world.allow("vision", {"requests.cpu": "16"}, used={"requests.cpu": used})
    ten_cores(world, pods)
    await world.queue.decide()
    world.clock.advance(QUOTA_LAG_SECONDS)
    now, then = datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=1)
    asks = [{"resources": {"cpu": cores}} for cores in ("3", "2")]
    three = world.add("three", "vision", asked=asks[0], created=now)
    two = world.add("two", "vision", asked=asks[1], created=then)

    await world.queue.decide()

    assert "the job asks for 3 cores, and 2.75 of 16 cores are free" in str(
        world.queue.queue_position(three)[1]
    )
    assert world.entered == ["two"]
    assert world.queue.queue_position(two)[1] is None


async def test_pods_made_just_now_are_counted_twice_rather_than_not_at_all() -> None:
    """The quota may come by its watch later than they; nobody is told a wrong sum."""
    world = World()
    world.allow("vision", {"requests.cpu": "16"}, used={"requests.cpu": "3.25"})
    ten_cores(world, 10)
    three = world.add("three", "vision", asked={"resources": {"cpu": "3"}})

    await world.queue.decide()
    assert world.entered == []
    assert "It is decided within seconds" in str(world.queue.queue_position(three)[1])

    world.allow("vision", {"requests.cpu": "16"}, used={"requests.cpu": "13"})
    world.clock.advance(QUOTA_LAG_SECONDS)
    await world.queue.decide()
    assert world.entered == ["three"]


def starting_pod(index: int = 0, **facts: Any) -> ObservedPod:
    making = {"phase": PodPhase.PENDING, "node": "cpu-1"}
    return make_pod(index, **{**making, "waiting_reason": "ContainerCreating", **facts})


@pytest.mark.parametrize(
    ("pods", "later"),
    [
        pytest.param([], [], id="the operator has not made them"),
        pytest.param([starting_pod(), starting_pod(1)], [], id="they are being made"),
        pytest.param([make_pod(), starting_pod(1)], [], id="one of two runs"),
        pytest.param([make_pod(), make_pod(1)], ["next"], id="all run"),
        pytest.param(
            [make_pod(), starting_pod(1, waiting_reason="ImagePullBackOff")],
            ["next"],
            id="an image cannot be pulled",
        ),
        pytest.param(
            [starting_pod(each, node=None, unschedulable="0/1") for each in range(2)],
            ["next"],
            id="there are no nodes",
        ),
    ],
)
async def test_the_next_of_an_owner_starts_when_one_of_theirs_has(
    pods: list[ObservedPod], later: list[str]
) -> None:
    world = World(starts_per_owner=1)
    world.add("first", "vision", asked={"replicas": 2}, is_suspended=False)
    world.cache.pods["first"] = pods
    world.add("next", "audio")
    world.add("of-ben", "audio", owner="ben")

    await world.queue.decide()

    assert world.entered == [*later, "of-ben"]


async def test_no_start_delays_its_owner_s_others_for_long() -> None:
    world = World(starts_per_owner=1)
    world.add("first", "vision", is_suspended=False)
    world.cache.pods["first"] = [starting_pod()]
    world.add("next", "vision")
    await world.queue.decide()
    assert world.entered == []

    world.clock.advance(START_SECONDS)
    await world.queue.decide()

    assert world.entered == ["next"]


async def test_a_start_counts_for_as_long_again_as_it_took() -> None:
    world = World(starts_per_owner=1)
    world.add("first", "vision", is_suspended=False)
    world.cache.pods["first"] = [starting_pod()]
    world.add("next", "vision")
    await world.queue.decide()
    world.clock.advance(2)
    world.cache.pods["first"] = [make_pod()]
    await world.queue.decide()
    assert world.entered == []

    world.clock.advance(1.9)
    await world.queue.decide()
    assert world.entered == []
    world.clock.advance(0.2)
    await world.queue.decide()

    assert world.entered == ["next"]


async def test_starts_count_in_all_projects_at_once() -> None:
    world = World(starts_per_owner=3)
    for project in ("audio", "vision"):
        for number in range(4):
            world.add(f"{project}-{number}", project)

    await world.queue.decide()

    assert len(world.entered) == 3


async def test_a_failed_admission_is_no_start() -> None:
    world = World(starts_per_owner=1)
    world.errors["first"] = ClusterError("No such priority.")
    for name in ("first", "second"):
        world.add(name, "vision")

    await world.queue.decide()

    assert world.entered == ["second"]


async def test_who_does_not_lead_judges_and_lets_nobody_in() -> None:
    world = World(leads=lambda: False)
    world.allow("vision", {"requests.cpu": "16"})
    world.add("a", "vision")
    huge = world.add("b", "vision", asked={"resources": {"cpu": "20"}})

    await world.queue.decide()

    assert world.tried == []
    assert "quota is too small" in str(world.queue.queue_position(huge)[1])
