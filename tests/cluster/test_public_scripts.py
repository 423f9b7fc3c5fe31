"""What people find on the internet today runs as a job, in the platform's own images.

Examples of other projects come from their packages as they are. All jobs are submitted
at once: the queue starts as many of them as the project's quota has room for.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from cluster.test_jobs_world import OWNER, STORAGE, World, eventually
from kubernetes_asyncio.client import CoreV1Api

from mofang_api.models import Job, JobState
from support.own_scripts import OWN
from support.published_scripts import PUBLISHED
from support.script_jobs import Line, ScriptJob
from support.script_jobs import Own as OwnScript

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHIN_SECONDS = 1200
"""Until the last job has ended, on a machine that does other things too."""

JOBS = {**PUBLISHED, **OWN}
LONG = {
    "pyspark pi.py",
    "pyspark wordcount.py",
    "ray train torch_linear_example.py",
    "ray tune async_hyperband_example.py",
}
"""Of frameworks that take a minute to start, and that others of the table use."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job, and where it left its files."""

    job: Job
    folder: Path


async def submit(
    world: World, name: str, asked: ScriptJob, **more: object
) -> Submitted:
    """Submit a script in a directory of its own."""
    home = STORAGE / "users" / OWNER
    slug = "".join(each if each.isalnum() else "-" for each in name)
    spec = await asyncio.to_thread(asked.prepare, home / slug, f"/home/jovyan/{slug}")
    image = await world.image_of(asked.environment)
    job = await world.submit(name=name, image=image, **spec, **more)
    return Submitted(job, home / slug)


async def logs_of(world: World, job: Job) -> dict[str, str]:
    """Return the log of each replica, by ``role/index``."""
    logs = {}
    for each in job.replicas:
        where = f"{each.role}/{each.index}"
        logs[where] = (await world.call("GET", f"/{job.id}/logs/{where}")).text
    return logs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def submitted(
    world: World, request: pytest.FixtureRequest
) -> Mapping[str, Submitted]:
    """The jobs of all tests that were chosen for this run."""
    chosen = [
        item.callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and hasattr(item, "callspec")
    ]
    return {name: await submit(world, name, JOBS[name]) for name in chosen}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if name in LONG else ())
        for name in JOBS
    ],
)
async def test_it_runs_with_its_right_result(
    world: World, submitted: Mapping[str, Submitted], name: str
) -> None:
    asked, there = JOBS[name], submitted[name]

    ended = await world.until(there.job, JobState.SUCCEEDED, within=WITHIN_SECONDS)

    asked.check(await logs_of(world, ended), there.folder)


async def test_a_killed_replica_resumes_from_the_snapshot(world: World) -> None:
    """Elastic training: the job starts again, and its epochs go on."""
    asked = ScriptJob(
        source=OwnScript("elastic_digits.py"),
        environment="pytorch",
        framework="pytorch",
        replicas=2,
        arguments=("--epochs", "12", "--pause", "2"),
        lines=(
            Line("worker/0", r"^rank 0 resumes at epoch (\d+)", 2, 11),
            Line("worker/1", r"^rank 1 resumes at epoch (\d+)", 2, 11),
            Line("worker/0", r"^rank 0 epoch 12: accuracy (\d\.\d+)", 0.9),
        ),
        leaves=("snapshot.pt",),
        more={"restart": {"limit": 2}},
    )
    there = await submit(world, "elastic digits", asked, priority="high")
    await world.until(there.job, JobState.RUNNING, within=WITHIN_SECONDS)

    async def has_learned() -> bool:
        log = await world.call("GET", f"/{there.job.id}/logs/worker/1")
        return "epoch 3:" in log.text

    await eventually(has_learned, within=300)
    pods = CoreV1Api(world.api)
    selector = f"mofang.dev/job={there.job.id}"
    found = await pods.list_namespaced_pod(world.namespace, label_selector=selector)
    killed = max(pod.metadata.name for pod in found.items)
    await pods.delete_namespaced_pod(killed, world.namespace, grace_period_seconds=0)

    async def has_ended() -> Job | None:
        seen = await world.get(there.job)
        return seen if seen.attempt == 2 and seen.state.is_final else None

    ended = await eventually(has_ended, within=300)
    assert ended is not None
    assert ended.state is JobState.SUCCEEDED, ended.reason
    asked.check(await logs_of(world, ended), there.folder)


async def test_enough_of_them_are_as_published_and_have_several_replicas() -> None:
    """What the images promise holds only while the table is as long as this."""
    several = [name for name, each in PUBLISHED.items() if each.replicas > 1]
    assert len(JOBS) >= 20
    assert len(PUBLISHED) >= 12
    assert len(several) >= 8
