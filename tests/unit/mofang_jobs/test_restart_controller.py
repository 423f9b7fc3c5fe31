"""When a failed job starts again, and what is written down of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_jobs.conftest import make_observed_job, make_pod, make_spec
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import RestartRecord
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.domain.failure_patterns import find_failure_pattern
from mofang_jobs.domain.models import Outcome, PodPhase
from mofang_jobs.domain.nodes import node_index_keys, strip_node
from mofang_jobs.domain.restart_rules import (
    TOO_LATE,
    may_restart,
    record_failure,
    record_loss,
)
from mofang_jobs.services.restart_state import (
    LostNodes,
    RestartRefusals,
    StatusGracePeriod,
    is_permanent,
)
from mofang_kube.errors import (
    InvalidError,
    KubernetesUnavailableError,
    MofangError,
    wrap_api_errors,
)
from mofang_kube.watcher import Watcher

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def failed(index: int = 0, **facts: Any) -> Any:
    return make_pod(
        index, **{"phase": PodPhase.FAILED, "exit_code": 1, "node": "cpu-1", **facts}
    )


def job(limit: int = 3, *, include_script_failures: bool = False, **facts: Any) -> Any:
    policy = {"limit": limit, "include_script_failures": include_script_failures}
    return make_observed_job(
        spec=make_spec(restart=policy), outcome=Outcome.FAILED, **facts
    )


def earlier(*platform_failure: bool) -> tuple[RestartRecord, ...]:
    return tuple(
        RestartRecord(attempt=number, at=NOW, cause="x", platform_failure=each)
        for number, each in enumerate(platform_failure, 1)
    )


@pytest.mark.parametrize(
    ("facts", "platform_failure", "node_excluded"),
    [
        pytest.param({}, False, False, id="an exit code is the script's"),
        pytest.param(
            {"exit_code": 137, "exit_reason": "OOMKilled"}, False, False, id="memory"
        ),
        pytest.param(
            {"exit_code": None, "status_reason": "Evicted"}, True, True, id="evicted"
        ),
        pytest.param(
            {"exit_code": None, "status_reason": "NodeLost"}, True, True, id="lost"
        ),
        pytest.param(
            {"exit_code": 137, "exit_reason": "ContainerStatusUnknown"},
            True,
            True,
            id="a container that the node lost",
        ),
        pytest.param(
            {
                "exit_code": 137,
                "exit_reason": "ContainerStatusUnknown",
                "is_terminating": True,
            },
            True,
            False,
            id="a pod that somebody deleted",
        ),
        pytest.param(
            {"termination_message": "RuntimeError: uncorrectable ECC error"},
            True,
            True,
            id="a broken GPU",
        ),
        pytest.param(
            {
                "termination_message": "RuntimeError: CUDA error: "
                "device-side assert triggered"
            },
            False,
            False,
            id="a label out of range on the GPU",
        ),
        pytest.param(
            {
                "termination_message": "[gloo/transport/tcp/pair.cc:598] "
                "Connection closed"
            },
            True,
            False,
            id="replicas that lost each other",
        ),
    ],
)
def test_whose_fault_it_was(
    facts: dict[str, Any], platform_failure: bool, node_excluded: bool
) -> None:
    record = record_failure(job(), [failed(**facts)], NOW)
    assert (record.platform_failure, record.node_excluded) == (
        platform_failure,
        node_excluded,
    )
    assert record.replica == "worker-0"
    assert record.node == "cpu-1"
    assert "worker-0" in record.cause


@pytest.mark.parametrize(
    ("observed", "platform_failure", "expected"),
    [
        pytest.param(make_observed_job(outcome=Outcome.FAILED), True, False, id="off"),
        pytest.param(job(), True, True, id="the platform's fault"),
        pytest.param(job(), False, False, id="the script's fault"),
        pytest.param(
            job(include_script_failures=True), False, True, id="include_script_failures"
        ),
        pytest.param(job(1, restarts=earlier(True)), True, False, id="all used up"),
        pytest.param(
            job(9, include_script_failures=True, restarts=earlier(False, False)),
            False,
            True,
            id="third of a script in a row",
        ),
        pytest.param(
            job(9, include_script_failures=True, restarts=earlier(False, False, False)),
            False,
            False,
            id="fourth of a script in a row",
        ),
        pytest.param(
            job(
                9,
                include_script_failures=True,
                restarts=earlier(False, False, False, True),
            ),
            False,
            True,
            id="the row was broken",
        ),
        pytest.param(job(cancelled_by="ada"), True, False, id="cancelled"),
    ],
)
def test_when_it_starts_again(
    observed: Any, platform_failure: bool, expected: bool
) -> None:
    record = RestartRecord(
        attempt=9, at=NOW, cause="x", platform_failure=platform_failure
    )
    assert may_restart(observed, record) is expected


class Clock:
    """Tells what it is told."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_machine_that_came_back_is_counted_anew() -> None:
    clock, names = Clock(), {"cpu-2"}
    lost_nodes = LostNodes(lambda: names, clock=clock)
    lost_nodes.durations()
    clock.seconds += 20
    names.clear()
    assert not lost_nodes.durations()
    names.add("cpu-2")
    lost_nodes.durations()
    clock.seconds += 20
    assert lost_nodes.durations()["cpu-2"].total_seconds() == 20


def test_a_machine_is_lost_only_after_a_while() -> None:
    pods = [make_pod(0, node="cpu-1"), make_pod(1, node="cpu-2")]
    observed = make_observed_job()
    clock, names = Clock(), {"cpu-2"}
    lost_nodes = LostNodes(lambda: names, clock=clock)
    assert record_loss(observed, pods, lost_nodes.durations(), NOW) is None
    clock.seconds += 29
    assert record_loss(observed, pods, lost_nodes.durations(), NOW) is None
    clock.seconds += 2
    record = record_loss(observed, pods, lost_nodes.durations(), NOW)
    assert record is not None
    assert (record.replica, record.node, record.node_excluded) == (
        "worker-1",
        "cpu-2",
        True,
    )


def test_a_failed_job_is_given_time_until_its_pods_tell_why() -> None:
    clock, observed = Clock(), job()
    grace_period = StatusGracePeriod(10, clock=clock)
    running = [make_pod(0)]
    assert not grace_period.has_passed(observed, running)
    clock.seconds += 9
    assert not grace_period.has_passed(observed, running)
    assert grace_period.has_passed(observed, [failed()]), "now it is known"
    clock.seconds += 1
    assert grace_period.has_passed(observed, running)
    grace_period.retain([])
    assert not grace_period.has_passed(observed, running)


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("ModuleNotFoundError: No module named 'foo'", "missing package"),
        ("OSError: [Errno 28] No space left on device", "disk full"),
        ("torch.cuda.OutOfMemoryError: CUDA out of memory.", "GPU memory"),
        (
            "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1)",
            "lost replicas",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/global/x'", "no rights"),
        ("ValueError: no such shape", None),
    ],
)
def test_known_causes(output: str, name: str | None) -> None:
    found = find_failure_pattern(output)
    assert (found.name if found else None) == name


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


def fail(
    world: World, name: str, end: str = "Failed", at: datetime | None = None
) -> None:
    """Make a job's object fail, or end otherwise, as the operator would."""
    body = world.cluster.jobs[name]
    time = at.isoformat() if at else None
    now = {"type": end, "status": "True", "lastTransitionTime": time}
    body["status"] = {"conditions": [now]}
    body["metadata"]["resourceVersion"] = str(next(world.cluster.versions))
    world.send(body)


async def eventually(world: World, job_id: str, **wanted: Any) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await world.call("GET", job_id)).json()
            if all(found.get(name) == value for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.01)


async def test_a_lost_gang_starts_again_and_tells_why(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    fail(world, made["id"])

    again = await eventually(world, made["id"], attempt=2)

    assert again["created"] == made["created"]
    assert again["restarts"][0]["cause"]
    assert list(world.cluster.jobs) == [f"{made['id']}-r2"], "the first was removed"


async def test_another_copy_of_the_service_answers_and_acts_once_it_leads(
    tmp_path: Path,
) -> None:
    """While a new version takes over both are there; one lets in and restarts."""
    leads = False
    async with running_world(tmp_path, leads=lambda: leads) as world:
        waiting = await world.submit()
        lost = await world.submit(restart={"limit": 2})
        fail(world, lost["id"])
        await eventually(world, waiting["id"], state="Queued")
        await eventually(world, lost["id"], state="Restarting")
        assert list(world.cluster.jobs) == [waiting["id"], lost["id"]]
        assert world.cluster.jobs[waiting["id"]]["spec"]["runPolicy"]["suspend"]

        leads = True
        world.cache.wake()

        await world.admit(waiting)
        await eventually(world, lost["id"], attempt=2)


async def test_cancelling_between_two_attempts_cancels_for_good(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    body = world.cluster.jobs[made["id"]]
    body["metadata"]["annotations"]["mofang.dev/cancelled-by"] = "ada"
    fail(world, made["id"])

    found = await eventually(world, made["id"], state="Cancelled")

    assert found["attempt"] == 1


async def until(durations: Any) -> None:
    async with asyncio.timeout(30):
        while not durations():  # noqa: ASYNC110 - what is awaited is a state
            await asyncio.sleep(0.01)


def during_create(world: World, act: Callable[[str], Awaitable[None]]) -> None:
    """Do something while the next attempt is made: it is there, but nobody knows."""
    create = world.cluster.create

    async def slow(kind: Any, objects: Any) -> dict[str, Any]:
        made = await create(kind, objects)
        await act(made["metadata"]["name"])
        return made

    world.cluster.create = slow  # type: ignore[method-assign]


async def test_cancelling_while_the_next_attempt_is_made_cancels_that_too(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})

    async def cancel(_: str) -> None:
        answer = await world.call("POST", f"{made['id']}/cancel")
        assert answer.json()["state"] in {"Cancelled", "Cancelling"}
        # The queue or the operator changes the new attempt just then.
        world.cluster.conflicts = 2

    during_create(world, cancel)
    fail(world, made["id"])
    await until(lambda: list(world.cluster.jobs) == [f"{made['id']}-r2"])

    found = (await world.call("GET", made["id"])).json()
    assert found["attempt"] == 2
    assert found["reason"] == "Cancelled by ada."


async def test_a_cancellation_outlives_the_service_that_should_pass_it_on(
    tmp_path: Path,
) -> None:
    """Killed between two attempts, the next service still knows."""
    async with running_world(tmp_path) as world:
        made = await world.submit(restart={"limit": 2})

        async def cancel(_: str) -> None:
            await world.call("POST", f"{made['id']}/cancel")
            raise asyncio.CancelledError

        during_create(world, cancel)
        fail(world, made["id"])
        await until(lambda: any(task.done() for task in world.work))
        await world.kill()
        del world.cluster.create
    assert len(world.cluster.jobs) == 2

    async with running_world(tmp_path, world.cluster) as again:
        await until(lambda: list(again.cluster.jobs) == [f"{made['id']}-r2"])
        found = (await again.call("GET", made["id"])).json()
        assert found["reason"] == "Cancelled by ada."


async def test_a_job_deleted_while_it_starts_again_stays_deleted(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    answers = []

    async def delete(_: str) -> None:
        answers.append((await world.call("DELETE", made["id"])).status_code)

    during_create(world, delete)
    fail(world, made["id"])
    await until(lambda: answers and not world.cluster.jobs)

    assert answers == [204]
    assert (await world.call("GET", made["id"])).status_code == 404


async def test_an_attempt_that_comes_late_in_a_deletion_goes_too(world: World) -> None:
    """What another copy of the service has made is not known from ourselves."""
    made = await world.submit()
    observed = world.cache.find("vision", made["id"])
    assert observed is not None
    (first,) = world.cache.attempts_of("vision", made["id"])
    assert (await world.call("DELETE", made["id"])).status_code == 204

    world.cluster.jobs["late"] = {}
    name = {**first["metadata"], "name": "late", "uid": "late"}
    world.cache.put({**first, "metadata": name})
    await until(lambda: not world.cluster.jobs)
    assert (await world.call("GET", made["id"])).status_code == 404


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
async def test_a_job_that_ended_while_it_was_judged_is_not_restarted_for_a_hang(
    world: World, end: str
) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    observed = world.cache.find("vision", made["id"])
    assert observed is not None
    await world.kill()
    fail(world, made["id"], end)

    await world.restarts.restart(
        observed,
        RestartRecord(attempt=1, at=NOW, cause="It hangs.", platform_failure=True),
    )

    assert list(world.cluster.jobs) == [made["id"]]


async def test_restarts_wait_for_projects_that_nobody_asked_for_yet(
    world: World,
) -> None:
    """Projects are followed once somebody wants them: here nobody does."""
    made = await world.submit(restart={"limit": 2})
    known, world.catalog.projects = world.catalog.projects, {}

    async def ready() -> None:
        world.catalog.projects = known

    world.catalog.ready = ready  # type: ignore[method-assign]
    fail(world, made["id"])
    await until(lambda: list(world.cluster.jobs) == [f"{made['id']}-r2"])


async def test_a_project_that_is_not_ready_for_a_moment_puts_a_restart_off(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    project = world.catalog.projects["vision"]
    busy = project.model_copy(update={"phase": "Pending"})
    world.catalog.projects["vision"] = busy
    fail(world, made["id"])
    await asyncio.sleep(0.1)
    assert (await world.call("GET", made["id"])).json()["state"] == "Restarting"

    world.catalog.projects["vision"] = project
    world.wake()
    await until(lambda: list(world.cluster.jobs) == [f"{made['id']}-r2"])


async def test_what_failed_long_ago_is_not_restarted(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    before = datetime.now(UTC) - timedelta(minutes=61)
    fail(world, made["id"], at=before)

    reason = (
        "It is not known which replica failed first: its pod was deleted, as when a "
        "node is drained or an administrator deletes it. See the logs. "
        f"It was not restarted: {TOO_LATE}"
    )
    await eventually(world, made["id"], state="Failed", reason=reason)
    assert list(world.cluster.jobs) == [made["id"]]


async def test_watchers_are_told_when_a_restart_is_refused(world: World) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    observed = world.cache.find("vision", made["id"])
    assert observed is not None
    with world.cache.subscribed("vision") as subscription:
        await subscription.wait(0.1)
        RestartRefusals(world.cache).record(observed, "It may not.")
        assert made["id"] in await subscription.wait(1)


async def test_a_script_that_failed_is_not_restarted_though_its_pod_tells_late(
    tmp_path: Path,
) -> None:
    """Of the two watches, that of the pods is behind."""
    async with running_world(tmp_path, grace_seconds=0.5) as world:
        made = await world.submit(restart={"limit": 2})
        await world.admit(made)
        world.run_pod(made)
        fail(world, made["id"])
        await asyncio.sleep(0.1)
        ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
        world.run_pod(made, phase="Failed", state=ended)

        await eventually(world, made["id"], state="Failed")
        await asyncio.sleep(0.6)
        world.wake()
        await asyncio.sleep(0.1)
        assert list(world.cluster.jobs) == [made["id"]]


def refused(status: int, message: str = "no") -> MofangError:
    """What is raised when Kubernetes answers so."""
    try:
        with wrap_api_errors("create", "job", "train"):
            raise ApiException(status=status, reason=message)
    except MofangError as err:
        return err


@pytest.mark.parametrize(
    ("err", "expected"),
    [
        *((refused(status), True) for status in (400, 403, 413, 422)),
        *((refused(status), False) for status in (401, 404, 409, 429, 500, 503)),
        (KubernetesUnavailableError("Kubernetes does not answer."), False),
        (InvalidError("Nothing runs such jobs."), True),
    ],
)
def test_which_refusals_last(err: MofangError, expected: bool) -> None:
    assert is_permanent(err) is expected


async def test_a_restart_that_kubernetes_refuses_is_tried_once_and_told(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    tries = []

    async def create(*_: Any) -> dict[str, Any]:
        tries.append(1)
        raise refused(422, "the admission webhook says no")

    world.cluster.create = create  # type: ignore[method-assign]
    fail(world, made["id"])
    found = await eventually(world, made["id"], state="Failed")
    world.wake()
    await asyncio.sleep(0.1)

    assert "It was not restarted: Could not create job" in found["reason"]
    assert "the admission webhook says no" in found["reason"]
    assert len(tries) == 1


async def test_cancelling_an_attempt_that_just_went_cancels_the_next(
    world: World,
) -> None:
    made = await world.submit(restart={"limit": 2})
    await world.admit(made)
    find, looked = world.cluster.find, []

    async def slow(kind: Any, namespace: str, name: str) -> dict[str, Any] | None:
        if name == made["id"] and not looked:
            looked.append(name)
            fail(world, name)
            await until(lambda: list(world.cluster.jobs) == [f"{name}-r2"])
            return None
        return await find(kind, namespace, name)

    world.cluster.find = slow  # type: ignore[method-assign]
    answer = await world.call("POST", f"{made['id']}/cancel")

    assert answer.status_code == 200
    assert answer.json()["attempt"] == 2
    assert answer.json()["reason"] == "Cancelled by ada."


def test_a_lost_node_is_found_among_many() -> None:
    nodes = Watcher(None, "/nodes", index=node_index_keys)  # type: ignore[arg-type]
    for number in range(50):
        nodes.put(strip_node(node(f"cpu-{number}", ready="True")))
    cache = JobCache({}, Watcher(None, "/pods"), nodes)  # type: ignore[arg-type]
    assert cache.lost_nodes() == set()

    nodes.put(strip_node(node("cpu-7", ready="Unknown")))
    assert cache.lost_nodes() == {"cpu-7"}

    nodes.put(strip_node(node("cpu-7", ready="True")))
    assert cache.lost_nodes() == set()


def node(name: str, *, ready: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    return {"metadata": {"name": name}, "status": {"conditions": conditions}}
