"""Jobs of Trainer and JobSet fail, are cancelled and start again as all jobs do."""

from typing import Any

import pytest
from cluster.test_frameworks import SMALL
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio.client import CoreV1Api, CustomObjectsApi

from mofang_api.models import JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGINES = ("trainer-v2", "jobset")
SLEEP = "import time\nprint('asleep', flush=True)\ntime.sleep(300)\n"
ONCE = """
import os, sys
if os.environ["MOFANG_ATTEMPT"] == "1" and os.environ["MOFANG_INDEX"] == "1":
    sys.exit(3)
print("attempt", os.environ["MOFANG_ATTEMPT"])
"""
SAVES = """
import os, time
if os.environ["MOFANG_INDEX"] == "1":
    time.sleep(8)
    print("saved", flush=True)
"""


async def pods_of(world: World, job_id: str) -> list[Any]:
    found = await CoreV1Api(world.api).list_namespaced_pod(
        world.namespace, label_selector=f"mofang.dev/job={job_id}"
    )
    return list(found.items)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_failing_script_is_told_with_its_error(
    world: World, engine: str
) -> None:
    script = world.write("fails.py", "raise ValueError('the learning rate is -1')")
    job = await world.submit(script=script, engine=engine, resources=SMALL)

    failed = await world.until(job, JobState.FAILED)

    assert failed.reason == (
        "worker-0 ended with exit code 1: ValueError: the learning rate is -1."
    )


@pytest.mark.parametrize("engine", ENGINES)
async def test_cancelled_its_pods_end(world: World, engine: str) -> None:
    script = world.write("sleeps.py", SLEEP)
    job = await world.submit(script=script, engine=engine, resources=SMALL, replicas=2)
    running = await world.until(job, JobState.RUNNING)
    assert [each.state for each in running.replicas] == ["Running", "Running"]

    async def have_begun() -> bool:
        logs = [
            await world.call("GET", f"/{job.id}/logs/worker/{index}")
            for index in (0, 1)
        ]
        return all("asleep" in log.text for log in logs)

    await eventually(have_begun)

    answer = await world.call("POST", f"/{job.id}/cancel")
    assert answer.is_success, answer.text
    await world.until(job, JobState.CANCELLED)

    async def are_gone() -> bool:
        return not await pods_of(world, job.id)

    await eventually(are_gone, within=60)


# A TrainJob is run by a JobSet, too.
@pytest.mark.parametrize(
    "engine",
    ["trainer-v2", pytest.param("jobset", marks=pytest.mark.long)],
)
async def test_the_whole_job_starts_again(world: World, engine: str) -> None:
    script = world.write("once.py", ONCE)
    job = await world.submit(
        script=script,
        engine=engine,
        resources=SMALL,
        replicas=2,
        restart={"limit": 2, "unconditional": True},
    )

    ended = await world.until(job, JobState.SUCCEEDED, within=120)

    assert len(ended.restarts) == 1
    log = await world.call("GET", f"/{job.id}/logs/worker/1")
    assert "attempt 2" in log.text


async def test_a_runtime_goes_with_its_job(world: World) -> None:
    script = world.write("sleeps.py", SLEEP)
    job = await world.submit(script=script, engine="trainer-v2", resources=SMALL)
    await world.until(job, JobState.RUNNING)
    objects = CustomObjectsApi(world.api)
    where = ("trainer.kubeflow.org", "v1alpha1", world.namespace)

    async def runtimes() -> list[str]:
        found = await objects.list_namespaced_custom_object(*where, "trainingruntimes")
        return [each["metadata"]["name"] for each in found["items"]]

    assert job.id in await runtimes()
    await objects.delete_namespaced_custom_object(*where, "trainjobs", job.id)

    async def is_gone() -> bool:
        return job.id not in await runtimes()

    await eventually(is_gone, within=60)


@pytest.mark.parametrize("engine", ["kubeflow-v1", "jobset"])
async def test_without_a_chief_no_workers_end_ends_the_others(
    world: World, engine: str
) -> None:
    """kubedl#81: worker-0 ended first, and what another was saving was lost."""
    script = world.write("saves.py", SAVES)
    job = await world.submit(
        script=script,
        framework="tensorflow",
        engine=engine,
        resources=SMALL,
        replicas=2,
    )

    await world.until(job, JobState.SUCCEEDED)

    log = await world.call("GET", f"/{job.id}/logs/worker/1")
    assert "saved" in log.text
