"""On which nodes jobs run, and what happens when one is lost, on fake ones."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio.client import CoreV1Api

from mofang_api.models import Job, JobState
from support.nodes import fake_nodes

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

POOL = f"pool-{secrets.token_hex(3)}"
SMALL = {"cpu": "100m", "memory": "128Mi"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pooled(world: World) -> AsyncIterator[World]:
    """The world, its project bound to a pool of its own."""
    await world.bind_to_pool(POOL)
    yield world


async def nodes_of(world: World, job: Job) -> dict[str, set[str]]:
    """Nodes by role, once every replica has one."""

    async def placed() -> dict[str, set[str]] | None:
        seen = await world.get(job)
        if not all(each.node for each in seen.replicas):
            return None
        found: dict[str, set[str]] = {}
        for each in seen.replicas:
            found.setdefault(each.role, set()).add(str(each.node))
        return found

    return await eventually(placed, within=60) or {}


async def test_workers_share_gpu_nodes_and_the_others_keep_off_them(
    pooled: World,
) -> None:
    with (
        fake_nodes(2, pool=POOL) as cpu,
        fake_nodes(3, pool=POOL, gpu=4, node_type="gpu") as gpu,
    ):
        job = await pooled.submit(
            framework="tensorflow",
            image=await pooled.image_of("tensorflow"),
            script="train.py",
            replicas=4,
            resources={**SMALL, "gpu": 1},
            roles={"ps": {"replicas": 2}},
        )
        found = await nodes_of(pooled, job)
        await pooled.end(job)

    assert found["chief"] | found["ps"] <= set(cpu), "J2: CPU nodes only"
    assert found["worker"] <= set(gpu)
    assert len(found["worker"]) == 1, "J6: on as few nodes as possible"


async def test_where_only_gpu_nodes_are_the_launcher_takes_their_cpu(
    pooled: World,
) -> None:
    with fake_nodes(2, pool=POOL, gpu=4, node_type="gpu") as gpu:
        job = await pooled.submit(
            framework="mpi",
            image=await pooled.image_of("horovod"),
            script="train.py",
            replicas=2,
            resources={**SMALL, "gpu": 1},
        )
        found = await nodes_of(pooled, job)
        pods = await CoreV1Api(pooled.api).list_namespaced_pod(
            pooled.namespace, label_selector=f"mofang.dev/job={job.id}"
        )
        await pooled.end(job)

    assert found["launcher"] | found["worker"] <= set(gpu)
    launcher = next(
        pod
        for pod in pods.items
        if pod.metadata.labels["mofang.dev/role"] == "launcher"
    )
    assert "nvidia.com/gpu" not in (launcher.spec.containers[0].resources.limits or {})


@pytest.mark.long
async def test_a_lost_node_costs_one_try_and_is_avoided(pooled: World) -> None:
    with fake_nodes(3, pool=POOL) as names:
        job = await pooled.submit(
            script="train.py",
            replicas=2,
            resources={"cpu": "20", "memory": "128Mi"},
            restart={"limit": 2},
        )
        await pooled.until(job, JobState.RUNNING)
        lost = min((await nodes_of(pooled, job))["worker"])
        label = await silence(pooled, lost)
        try:

            async def has_moved() -> Job | None:
                seen = await pooled.get(job)
                is_up = seen.attempt == 2 and seen.state is JobState.RUNNING
                return seen if is_up else None

            again = await eventually(has_moved, within=150)
        finally:
            await mark(pooled, lost, label)
            await pooled.end(job)

    assert again is not None
    (record,) = again.restarts
    assert record.node == lost
    assert record.platform_failure
    assert record.node_excluded
    assert "is not responding" in record.cause
    assert lost not in {each.node for each in again.replicas}
    assert {each.node for each in again.replicas} <= set(names)


async def silence(world: World, node: str) -> dict[str, Any]:
    """Let nobody speak for a node any more; returns what to mark it with again."""
    core = CoreV1Api(world.api)
    labels = (await core.read_node(node)).metadata.labels
    found = {name: labels[name] for name in labels if "fake-run" in name}
    await mark(world, node, dict.fromkeys(found))
    return found


async def mark(world: World, node: str, labels: dict[str, Any]) -> None:
    change = {"metadata": {"labels": labels}}
    await CoreV1Api(world.api).patch_node(node, change)
