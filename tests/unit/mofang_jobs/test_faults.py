"""What goes wrong around jobs: the service killed, Kubernetes away, odd requests."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from unit.mofang_jobs.pretended_cluster import PretendedCluster
from unit.mofang_jobs.world import IMAGE, World, running_world

from support.eventually import until

SPEC = {"name": "x", "image": IMAGE, "script": "train.py", "replicas": 2}


def is_running(cluster: PretendedCluster, job: str) -> bool:
    """Whether the operator may make the whole gang's pods."""
    body = cluster.jobs.get(job)
    is_suspended = body is None or body["spec"]["runPolicy"]["suspend"]
    return not is_suspended and job in cluster.groups and job in cluster.policies


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4, 5])
async def test_killed_between_any_two_writes_no_job_is_half_made(
    tmp_path: Path, dies_at: int
) -> None:
    """Of job, group, policy and release: the next service does what is left."""
    cluster = PretendedCluster()
    cluster.dies_at = dies_at
    async with running_world(tmp_path, cluster) as world:
        submitting = asyncio.create_task(world.call("POST", json=SPEC))
        await until(lambda: cluster.writes >= min(dies_at, 4))
        await world.kill()
        submitting.cancel()
        await asyncio.gather(submitting, return_exceptions=True)

    jobs = list(cluster.jobs)
    assert len(jobs) == (0 if dies_at == 1 else 1)
    async with running_world(tmp_path, cluster):
        await until(lambda: all(is_running(cluster, job) for job in jobs))
    assert set(cluster.groups) <= set(jobs), "no group without its job"


async def test_while_kubernetes_is_away_jobs_wait_and_then_go_on(
    tmp_path: Path,
) -> None:
    cluster = PretendedCluster()
    async with running_world(tmp_path, cluster) as world:
        cluster.refused_starts = 0
        job = await world.submit(replicas=2)
        await until(lambda: bool(cluster.refused_starts))
        assert not is_running(cluster, job["id"])
        seen = (await world.call("GET", job["id"])).json()
        assert seen["state"] in {"Submitted", "Queued"}

        cluster.refused_starts = None
        world.wake()
        await until(lambda: is_running(cluster, job["id"]), within=10)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param(
            {"hyperparameters": {f"p{n}": n for n in range(10_000)}},
            "hyperparameters",
            id="ten thousand parameters",
        ),
        pytest.param(
            {"env": {f"P{n}": "x" for n in range(10_000)}},
            "env",
            id="ten thousand variables",
        ),
        pytest.param(
            {"roles": {f"r{n}": {} for n in range(10_000)}},
            "roles",
            id="ten thousand roles",
        ),
        pytest.param(
            {f"field{n}": n for n in range(5_000)}, "field0", id="unknown fields"
        ),
        pytest.param(
            {"arguments": ["x" * 26_000] * 2}, "arguments", id="too much for one object"
        ),
        pytest.param(
            {"hyperparameters": {"api_key": "abc"}}, "hyperparameters", id="a secret"
        ),
        pytest.param(
            {"secrets": {"A": {"secret": "../hub", "key": "k"}}},
            "secrets.A.secret",
            id="a secret elsewhere",
        ),
        pytest.param(
            {"code": {"directory": "/etc", "snapshot": "0" * 64}},
            "code.directory",
            id="code of the system",
        ),
        pytest.param(
            {"code": {"directory": "/home/jovyan/x", "snapshot": "../../x"}},
            "code.snapshot",
            id="a path for a hash",
        ),
        pytest.param(
            {"outputs": [{"name": "o", "path": "/projects/speech/x"}]},
            "outputs.0.path",
            id="another project's directory",
        ),
        pytest.param(
            {"inputs": [{"name": "i", "path": "/home/jovyan/../../etc"}]},
            "inputs.0.path",
            id="dots that lead out",
        ),
        pytest.param({"run_as_user": 0}, "run_as_user", id="root"),
        pytest.param({"restart": {"limit": 129}}, "restart.limit", id="129 restarts"),
        pytest.param(
            {"framework": "tensorflow", "roles": {"ps": {"replicas": 65}}},
            "roles.ps.replicas",
            id="too many of a role",
        ),
    ],
)
async def test_odd_jobs_are_refused_at_their_field(
    world: World, change: dict[str, Any], field: str
) -> None:
    answer = await world.call("POST", json={**SPEC, **change})
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["fields"]
    assert not world.cluster.jobs


async def test_names_at_their_limits_are_taken(world: World) -> None:
    longest = "é" * 63
    job = await world.submit(
        name=longest,
        hyperparameters={"p" * 64: "v" * 31_000},
        env={"V" * 256: "☃"},
        run_as_user=65535,
        hold_on_failure_minutes=1440,
        restart={"limit": 128},
    )
    assert job["spec"]["name"] == longest
    kept = world.cluster.jobs[job["id"]]["metadata"]["annotations"]
    assert json.loads(kept["mofang.dev/training-job"])["name"] == longest


async def test_a_body_larger_than_any_job_is_refused(world: World) -> None:
    body = {**SPEC, "arguments": ["x" * 1000] * 900}
    answer = await world.call("POST", json=body)
    assert answer.status_code == 413
    assert answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"null", b"[", b"[" * 100_000, b"\xff"])
async def test_what_is_no_json_is_refused(world: World, body: bytes) -> None:
    for path in ("", "preview"):
        answer = await world.call("POST", path, content=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["message"]


async def test_two_people_who_cancel_at_once_end_the_job_once(world: World) -> None:
    job = await world.submit(user="ben")
    answers = await asyncio.gather(
        *(
            world.call("POST", f"{job['id']}/cancel", user=user)
            for user in ("ben", "root", "ben", "root")
        )
    )
    assert {each.status_code for each in answers} == {200}
    assert len({each.json()["reason"] for each in answers}) == 1


@pytest.fixture
async def world(tmp_path: Path) -> Any:
    async with running_world(tmp_path) as found:
        yield found
