"""What Prometheus gets of the service, scraped over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from unit.mofang_jobs.conftest import make_observed_job, make_pod
from unit.mofang_jobs.world import World, running_world

from mofang_jobs.adapters.service_metrics import ServiceMetrics
from mofang_jobs.domain.failure_class import FailureClass, classify_failure
from mofang_jobs.domain.models import PodPhase
from support.prometheus_lint import LABELS, faults, read_scrape

METRICS = "/services/training/metrics"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        yield found


async def scrape(world: World) -> dict[str, Metric]:
    answer = await world.call("GET", METRICS, user="prometheus")
    assert answer.status_code == 200
    return read_scrape(answer.text)


def value(families: dict[str, Metric], name: str, **labels: str) -> float | None:
    """The value of a series; None if it is not there."""
    for family in families.values():
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None


async def until(world: World, name: str, wanted: float, **labels: str) -> None:
    """Scrape until a series has a value."""
    async with asyncio.timeout(30):
        while value(await scrape(world), name, **labels) != wanted:  # noqa: ASYNC110 - what is awaited is a state
            await asyncio.sleep(0.01)


async def used(world: World) -> None:
    """Do a little of everything."""
    await world.submit(name="first")
    await world.call("GET")
    await world.call("GET", "unknown-123456")
    await world.call("POST", json={"name": "x"})
    await world.call("BREW")
    await world.http.get(f"{world.url}/nowhere")


async def test_names_help_units_and_labels_are_as_prometheus_wants_them(
    world: World,
) -> None:
    await used(world)
    families = await scrape(world)

    assert len(families) >= 14
    assert faults(families) == []


async def test_every_series_has_the_services_prefix(world: World) -> None:
    answer = await world.call("GET", METRICS, user="prometheus")

    assert read_scrape(answer.text).keys() == read_scrape(answer.text, "").keys()


async def test_a_scrape_is_small_and_does_not_grow_with_what_clients_send(
    world: World,
) -> None:
    await used(world)
    before = (await world.call("GET", METRICS, user="prometheus")).text
    for number in range(300):
        await world.http.request(f"BREW{number}", f"{world.url}/tea/{number}")
        await world.call("GET", f"job-{number:06}")
    after = (await world.call("GET", METRICS, user="prometheus")).text

    assert len(after) < 60_000
    assert len(after.splitlines()) <= len(before.splitlines()) + 20
    assert "BREW" not in after
    assert "_created" not in after


async def test_prometheus_takes_it_compressed(world: World) -> None:
    headers = {"Authorization": "Bearer prometheus"}
    sizes = {}
    for encoding in ("identity", "gzip"):
        answer = await world.http.get(
            f"{world.url}{METRICS}", headers={**headers, "Accept-Encoding": encoding}
        )
        assert answer.status_code == 200, answer.text
        assert "mofang_jobs_submitted_total" in answer.text
        sizes[encoding] = int(answer.headers["Content-Length"])

    assert sizes["gzip"] < sizes["identity"] / 4


async def test_series_are_there_before_anything_has_happened(world: World) -> None:
    """A rate over a series that begins with its first event misses that event."""
    families = await scrape(world)

    for name, labels in {
        "mofang_jobs_submitted_total": {},
        "mofang_jobs_admitted_total": {},
        "mofang_job_admission_wait_seconds_count": {},
        "mofang_job_restarts_total": {"cause": "evicted"},
        "mofang_job_failures_total": {"engine": "jobset", "cause": "node_lost"},
        "mofang_open_streams": {"kind": "watch"},
    }.items():
        assert value(families, name, **labels) == 0, name


async def test_admissions_are_counted_with_their_wait(world: World) -> None:
    job = await world.submit()
    await world.admit(job)
    await until(world, "mofang_jobs_admitted_total", 1)

    families = await scrape(world)
    assert value(families, "mofang_jobs_submitted_total") == 1
    assert value(families, "mofang_job_admission_wait_seconds_count") == 1
    # The pretended cluster's clock stands at its own day.
    assert (value(families, "mofang_job_admission_wait_seconds_sum") or 0) >= 0


async def test_pending_jobs_are_told_by_project_and_state(world: World) -> None:
    metadata = {"namespace": "mofang-project-vision", "name": "mofang"}
    world.quotas.put({"metadata": metadata, "hard": {"requests.cpu": "2"}, "used": {}})
    large = {"cpu": "4", "memory": "1Gi"}
    await world.submit(name="large", resources=large)

    await until(
        world, "mofang_pending_jobs", 1, project="vision", state="unschedulable"
    )


async def test_refusals_are_counted_by_their_code(world: World) -> None:
    await world.call("GET", "unknown-123456")
    await world.call("POST", json={"name": "x"})
    await world.http.get(f"{world.url}{METRICS}")
    families = await scrape(world)

    for code in ("not_found", "invalid", "unauthorized"):
        assert value(families, "mofang_request_errors_total", error=code) == 1, code
    series = {"handler": "JobHandler", "method": "GET", "code": "404"}
    assert value(families, "mofang_requests_total", **series) == 1


async def test_failures_and_restarts_are_counted_by_their_cause(world: World) -> None:
    job = await world.submit(restart={"limit": 2})
    await world.admit(job)
    pod = world.run_pod(job)
    pod["status"] = {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}
    world.pods.put(pod)
    world.fail(job["id"])

    await world.eventually(job["id"], attempt=2)
    families = await scrape(world)

    assert value(families, "mofang_job_restarts_total", cause="evicted") == 1
    failed = {"engine": "kubeflow-v1", "cause": "evicted"}
    assert value(families, "mofang_job_failures_total", **failed) == 1


async def test_what_failed_before_the_service_began_is_not_counted(
    tmp_path: Path,
) -> None:
    """Else each restart of the service would look like a wave of failures."""
    async with running_world(tmp_path) as world:
        made = await world.submit()
        await world.admit(made)
        world.fail(made["id"])
        cause = {"engine": "kubeflow-v1", "cause": "unknown"}
        await until(world, "mofang_job_failures_total", 1, **cause)
    async with running_world(tmp_path, world.cluster) as again:
        other = await again.submit(name="other")
        await again.admit(other)
        again.fail(other["id"])
        await until(again, "mofang_job_failures_total", 1, **cause)


async def test_watches_tell_when_they_last_heard_something(world: World) -> None:
    world.pods.last_event = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    world.pods.relists = 3
    families = await scrape(world)

    last = "mofang_watch_last_event_timestamp_seconds"
    assert value(families, last, resource="pods") == world.pods.last_event
    assert value(families, "mofang_watch_relists_total", resource="pods") == 3
    assert value(families, last, resource="nodes") is None, "nothing was heard yet"


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        pytest.param(None, FailureClass.UNKNOWN, id="no pod"),
        pytest.param({"exit_code": 1}, FailureClass.SCRIPT, id="an exit code"),
        pytest.param({"status_reason": "Evicted"}, FailureClass.EVICTED, id="evicted"),
        pytest.param(
            {
                "status_reason": "Evicted",
                "status_message": "Container pytorch exceeded its local ephemeral "
                'storage limit "10Gi". ',
            },
            FailureClass.DISK_FULL,
            id="its own disk",
        ),
        pytest.param(
            {"status_reason": "Preempting"}, FailureClass.EVICTED, id="preempted"
        ),
        pytest.param(
            {"status_reason": "NodeShutdown"}, FailureClass.NODE_LOST, id="shut down"
        ),
        pytest.param(
            {"exit_code": 137, "exit_reason": "OOMKilled"},
            FailureClass.OUT_OF_MEMORY,
            id="memory",
        ),
        pytest.param(
            {"exit_code": 128, "exit_reason": "StartError"},
            FailureClass.PLATFORM,
            id="not run",
        ),
    ],
)
def test_a_failure_is_classified_by_the_pod_that_failed_first(
    facts: dict[str, Any] | None, wanted: FailureClass
) -> None:
    pods = [] if facts is None else [make_pod(0, phase=PodPhase.FAILED, **facts)]

    assert classify_failure(make_observed_job(), pods) is wanted


def test_a_wait_is_not_negative_where_clocks_differ() -> None:
    metrics = ServiceMetrics()
    metrics.record_admission(timedelta(seconds=-3))

    assert (
        metrics.registry.get_sample_value("mofang_job_admission_wait_seconds_sum") == 0
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# HELP mofang_x_count X\n# TYPE mofang_x_count gauge\n", "suffix"),
        ("# HELP mofang_x X\n# TYPE mofang_x histogram\n", "unit"),
        ("# HELP mofang_x_ms X\n# TYPE mofang_x_ms gauge\n", "base units"),
        ("# HELP mofang_x\n# TYPE mofang_x gauge\n", "capital"),
        ('# HELP mofang_x X\n# TYPE mofang_x gauge\nmofang_x{user="a"} 1\n', "user"),
    ],
)
def test_the_rules_find_what_is_wrong(text: str, fault: str) -> None:
    found = faults(read_scrape(text))

    assert any(fault in each for each in found)
    assert not {"user", "job", "path"} & LABELS.keys()
