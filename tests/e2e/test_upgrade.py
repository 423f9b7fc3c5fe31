"""An upgrade of the chart, and the way back, lose nothing that runs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.chart import rollback, upgrade
from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.kernels import running_kernel
from support.platform import Platform

SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base"}
NAMESPACE = "mofang-project-vision"
SPECIFICATION = "mofang.dev/training-job"
VERSION = "mofang.dev/training-job-version"
WORK = """
import pathlib, time
print("began", flush=True)
while not pathlib.Path("/home/jovyan/upgraded").exists():
    time.sleep(0.2)
print("ended", flush=True)
"""


@pytest.fixture
def ada(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> Iterator[HubSession]:
    session = hub_of("ada")
    if not session.server(SERVER):
        session.start(SERVER, OPTIONS)
    session.wait_ready(SERVER)
    home = platform.storage / "users" / "ada"
    (home / "upgraded").unlink(missing_ok=True)
    yield session
    (home / "upgraded").unlink(missing_ok=True)
    session.stop(SERVER)


@pytest.fixture
def other_values(platform: Platform, tmp_path: Path) -> Iterator[Path]:
    """Values that give hub, training service and reconciler new pods."""
    path = tmp_path / "other.yaml"
    resources = {"requests": {"cpu": "11m"}}
    changed = {
        "jobs": {"ttlDaysAfterFinished": 31},
        "reconciler": {"resources": resources},
    }
    path.write_text(yaml.safe_dump(changed))
    yield path
    upgrade(platform)


def store_as(platform: Platform, job: str, change: Callable[..., Any]) -> None:
    """Store a job's specification as a service of another version has left it."""
    kept = platform.get("pytorchjob", job, "-n", NAMESPACE)["metadata"]["annotations"]
    changed = change(json.loads(kept[SPECIFICATION]))
    annotations = {SPECIFICATION: json.dumps(changed["specification"])}
    annotations[VERSION] = changed["version"]
    patch = json.dumps({"metadata": {"annotations": annotations}})
    platform.kubectl(
        *("patch", "pytorchjob", job, "-n", NAMESPACE),
        *("--type=merge", f"--patch={patch}"),
    )


def of_older(specification: dict[str, Any]) -> dict[str, Any]:
    """One of an older version, and with a value that is out of today's bounds."""
    restart = {"limit": 500}
    return {"version": "1", "specification": {**specification, "restart": restart}}


def of_newer(specification: dict[str, Any]) -> dict[str, Any]:
    """One of a later version, with a field that nobody knows yet."""
    return {"version": "99", "specification": {**specification, "later": {"a": 1}}}


def test_jobs_and_servers_outlive_an_upgrade_and_a_rollback(
    platform: Platform, ada: HubSession, other_values: Path
) -> None:
    jobs = {}
    for name in ("plain", "older", "newer"):
        job = submit(
            ada, SERVER, name=name, script=f"/home/jovyan/{name}.py", text=WORK
        )
        jobs[name] = job["id"]
    for each in jobs.values():
        wait_for_state(ada, SERVER, each, "Running")
    store_as(platform, jobs["older"], of_older)
    store_as(platform, jobs["newer"], of_newer)

    with running_kernel(ada, SERVER) as kernel:
        kernel.run("kept = 7")
        upgrade(platform, other_values)
        for each in jobs.values():
            wait_for_state(ada, SERVER, each, "Running")
        rollback(platform)
        for each in jobs.values():
            wait_for_state(ada, SERVER, each, "Running")
        # The kernel's connection was through the same gateway all the time.
        assert kernel.run("print(kept)").strip() == "7"

    (platform.storage / "users" / "ada" / "upgraded").touch()
    for each in jobs.values():
        wait_for_state(ada, SERVER, each, "Succeeded")
        log = api(ada, SERVER, "GET", f"jobs/{each}/logs/worker/0").text
        assert "began" in log
        assert "ended" in log
    listed = api(ada, SERVER, "GET", "jobs").json()["jobs"]
    assert set(jobs.values()) <= {each["id"] for each in listed}
