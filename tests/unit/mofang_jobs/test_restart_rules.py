"""When a failed job starts again, and what is written down of it."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes_asyncio.client import ApiException
from unit.mofang_jobs.conftest import make_observed_job, make_pod, make_spec

from mofang_api.models import RestartRecord
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.domain.failure_patterns import find_failure_pattern
from mofang_jobs.domain.models import Outcome, PodPhase
from mofang_jobs.domain.nodes import node_index_keys, strip_node
from mofang_jobs.domain.restart_rules import (
    may_restart,
    record_failure,
    record_loss,
)
from mofang_jobs.services.restart_state import (
    LostNodes,
    StatusGracePeriod,
)
from mofang_kube.errors import (
    InvalidError,
    KubernetesUnavailableError,
    MofangError,
    is_permanent,
    wrap_api_errors,
)
from mofang_kube.watcher import Watcher
from support.clock import FakeClock

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
            {
                "exit_code": None,
                "status_reason": "Evicted",
                "status_message": 'Usage of EmptyDir volume "cache" exceeds the limit '
                '"5Gi". ',
            },
            False,
            False,
            id="a /cache that the script filled",
        ),
        pytest.param(
            {
                "exit_code": None,
                "status_reason": "Evicted",
                "status_message": "The node was low on resource: ephemeral-storage. ",
            },
            True,
            True,
            id="a node whose disk others filled",
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


def test_a_machine_that_came_back_is_counted_anew() -> None:
    clock, names = FakeClock(), {"cpu-2"}
    lost_nodes = LostNodes(lambda: names, clock=clock)
    lost_nodes.durations()
    clock.advance(20)
    names.clear()
    assert not lost_nodes.durations()
    names.add("cpu-2")
    lost_nodes.durations()
    clock.advance(20)
    assert lost_nodes.durations()["cpu-2"].total_seconds() == 20


def test_a_machine_is_lost_only_after_a_while() -> None:
    pods = [make_pod(0, node="cpu-1"), make_pod(1, node="cpu-2")]
    observed = make_observed_job()
    clock, names = FakeClock(), {"cpu-2"}
    lost_nodes = LostNodes(lambda: names, clock=clock)
    assert record_loss(observed, pods, lost_nodes.durations(), NOW) is None
    clock.advance(4)
    assert record_loss(observed, pods, lost_nodes.durations(), NOW) is None
    clock.advance(2)
    record = record_loss(observed, pods, lost_nodes.durations(), NOW)
    assert record is not None
    assert (record.replica, record.node, record.node_excluded) == (
        "worker-1",
        "cpu-2",
        True,
    )


def test_a_failed_job_is_given_time_until_its_pods_tell_why() -> None:
    clock, observed = FakeClock(), job()
    grace_period = StatusGracePeriod(10, clock=clock)
    running = [make_pod(0)]
    assert not grace_period.has_passed(observed, running)
    clock.advance(9)
    assert not grace_period.has_passed(observed, running)
    assert grace_period.has_passed(observed, [failed()]), "now it is known"
    clock.advance(1)
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


@pytest.mark.parametrize(
    ("lost", "total", "seconds"),
    [
        pytest.param(1, 1, 5, id="the only node"),
        pytest.param(1, 10, 5, id="one of ten"),
        pytest.param(2, 3, 5, id="of few nodes all may be lost"),
        pytest.param(5, 10, 5, id="half of them"),
        pytest.param(6, 10, 60, id="most of them"),
        pytest.param(3, 3, 60, id="all of them"),
    ],
)
def test_where_most_nodes_are_silent_it_is_rather_the_control_plane(
    lost: int, total: int, seconds: int
) -> None:
    """All jobs would start again after each of its restarts that took a minute."""
    names = {f"cpu-{number}" for number in range(lost)}
    clock = FakeClock()
    nodes = LostNodes(lambda: names, total=lambda: total, clock=clock)
    nodes.durations()

    assert nodes.required().total_seconds() == seconds
    assert nodes.until_due() == seconds
    clock.advance(seconds)
    assert nodes.until_due() == math.inf


def test_who_looks_does_so_when_the_next_node_is_due() -> None:
    clock, names = FakeClock(), {"cpu-1"}
    nodes = LostNodes(lambda: names, clock=clock)
    assert nodes.until_due() == 5
    clock.advance(4)
    names.add("cpu-2")
    assert nodes.until_due() == 1
    clock.advance(2)
    assert nodes.until_due() == 3
