"""Jobs of other engines fail, are cancelled and start again as all jobs do."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from cluster.test_frameworks import SMALL, image_of
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio.client import CoreV1Api, CustomObjectsApi

from mofang_api.models import JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

SLEEP = "import time\nprint('asleep', flush=True)\ntime.sleep(300)\n"


@dataclass(frozen=True)
class Case:
    """What differs between jobs of the engines."""

    scripts: tuple[str, ...] = ("worker/0", "worker/1")
    """Replicas that run the script, of a job that asks for two."""

    asked: dict[str, Any] = field(default_factory=dict)
    environment: str = ""
    within: float = 120

    async def options(self, world: World) -> dict[str, Any]:
        found = {"resources": SMALL, **self.asked}
        if self.environment:
            found["image"] = await image_of(world, self.environment)
        return found


ENGINES = {
    "trainer-v2": Case(),
    "jobset": Case(),
    "ray-operator": Case(
        scripts=("head/0",),
        asked={"framework": "ray", "resources": {"cpu": "50m", "memory": "2Gi"}},
        environment="ray",
        within=300,
    ),
}


def once(index: str) -> str:
    """A script whose first attempt fails in one replica."""
    return f"""
import os, sys
first = os.environ["MOFANG_ATTEMPT"] == "1"
if first and os.environ["MOFANG_REPLICA_INDEX"] == "{index}":
    sys.exit(3)
print("attempt", os.environ["MOFANG_ATTEMPT"])
"""


NODES = """
import ray, time
ray.init(address="auto")
print(sum(node["Alive"] for node in ray.nodes()), "nodes", flush=True)
time.sleep(300)
"""
SAVES = """
import os, time
if os.environ["MOFANG_REPLICA_INDEX"] == "1":
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
    case = ENGINES[engine]
    script = world.write("fails.py", "raise ValueError('the learning rate is -1')")
    job = await world.submit(script=script, engine=engine, **await case.options(world))

    failed = await world.until(job, JobState.FAILED, within=case.within)

    told = case.scripts[0].replace("/", "-")
    assert failed.reason == (
        f"{told} ended with exit code 1: ValueError: the learning rate is -1."
    )


@pytest.mark.parametrize("engine", ENGINES)
async def test_cancelled_its_pods_end(world: World, engine: str) -> None:
    case = ENGINES[engine]
    script = world.write("sleeps.py", SLEEP)
    job = await world.submit(
        script=script, engine=engine, replicas=2, **await case.options(world)
    )
    running = await world.until(job, JobState.RUNNING, within=case.within)
    assert {each.state for each in running.replicas} == {"Running"}

    async def have_begun() -> bool:
        logs = [
            await world.call("GET", f"/{job.id}/logs/{replica}")
            for replica in case.scripts
        ]
        return all("asleep" in log.text for log in logs)

    await eventually(have_begun, within=case.within)

    answer = await world.call("POST", f"/{job.id}/cancel")
    assert answer.is_success, answer.text
    await world.until(job, JobState.CANCELLED)

    async def are_gone() -> bool:
        return not await pods_of(world, job.id)

    await eventually(are_gone, within=60)


# A TrainJob is run by a JobSet, too.
@pytest.mark.parametrize(
    "engine",
    [
        "trainer-v2",
        pytest.param("jobset", marks=pytest.mark.long),
        pytest.param("ray-operator", marks=pytest.mark.long),
    ],
)
async def test_the_whole_job_starts_again(world: World, engine: str) -> None:
    case = ENGINES[engine]
    last = case.scripts[-1]
    script = world.write("once.py", once(last.partition("/")[2]))
    job = await world.submit(
        script=script,
        engine=engine,
        replicas=2,
        restart={"limit": 2, "include_script_failures": True},
        **await case.options(world),
    )

    ended = await world.until(job, JobState.SUCCEEDED, within=2 * case.within)

    assert len(ended.restarts) == 1
    assert ended.restarts[0].platform_failure is False
    log = await world.call("GET", f"/{job.id}/logs/{last}")
    assert "attempt 2" in log.text


async def test_workers_of_a_ray_job_have_indices_and_logs(world: World) -> None:
    case = ENGINES["ray-operator"]
    script = world.write("nodes.py", NODES)
    job = await world.submit(
        script=script, engine="ray-operator", replicas=2, **await case.options(world)
    )

    running = await world.until(job, JobState.RUNNING, within=case.within)

    labels = [f"{each.role}/{each.index}" for each in running.replicas]
    assert labels == ["head/0", "worker/0", "worker/1"]

    async def log_of(replica: str) -> str:
        return str((await world.call("GET", f"/{job.id}/logs/{replica}")).text)

    async def have_met() -> bool:
        return "3 nodes" in await log_of("head/0")

    await eventually(have_met, within=case.within)
    for worker in labels[1:]:
        name = worker.replace("/", "-")
        assert f"{name} started on" in await log_of(worker)
    answer = await world.call("POST", f"/{job.id}/cancel")
    assert answer.is_success, answer.text
    await world.until(job, JobState.CANCELLED)


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
        image=await world.image_of("tensorflow"),
        framework="tensorflow",
        engine=engine,
        resources=SMALL,
        replicas=2,
    )

    await world.until(job, JobState.SUCCEEDED)

    log = await world.call("GET", f"/{job.id}/logs/worker/1")
    assert "saved" in log.text
