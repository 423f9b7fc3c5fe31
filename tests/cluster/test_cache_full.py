"""A scratch disk that a job fills, on the real kubelet."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cluster.test_jobs_world import OWNER, RUN, STORAGE, World, eventually
from kubernetes_asyncio.client import CoreV1Api, CustomObjectsApi, V1Pod

from mofang_api.models import JobState
from support.platform import state_folder

pytest_plugins = ["cluster.test_jobs_world"]
# The kubelet measures the volumes of pods once a minute.
pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

MIB = 1024**2
FILLS = f"""
import os, time
with open("/cache/large", "wb") as file:
    for _ in range(96):
        file.write(os.urandom({MIB}))
print("written", flush=True)
time.sleep(600)
"""
STAYS = f"""
import os, time
with open("/cache/small", "wb") as file:
    file.write(os.urandom(16 * {MIB}))
print("usable", os.environ["MOFANG_CACHE_BYTES"], flush=True)
while not os.path.exists("/home/jovyan/filled"):
    time.sleep(0.2)
print("kept", os.path.getsize("/cache/small"), os.listdir("/cache"), flush=True)
"""


@pytest_asyncio.fixture(loop_scope="module")
async def small(world: World) -> AsyncIterator[str]:
    """Name of an environment whose ``/cache`` has 64 MiB."""
    objects, name = CustomObjectsApi(world.api), f"small-{RUN}"
    where = ("mofang.dev", "v1alpha1", "environments")
    resources = {"cpu": {"default": "100m"}, "memory": {"default": "256Mi"}}
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Environment",
        "metadata": {"name": name},
        "spec": {
            "displayName": "Small",
            "image": world.image,
            "frameworks": ["pytorch"],
            "access": {"projects": [world.project]},
            "resources": {**resources, "cache": {"default": "64Mi"}},
        },
    }
    await objects.create_cluster_custom_object(*where, body)
    try:
        await eventually(lambda: is_known(world, name))
        yield name
    finally:
        await objects.delete_cluster_custom_object(*where, name)


async def is_known(world: World, environment: str) -> bool:
    url = f"{world.url}/api/projects/{world.project}/environments"
    headers = {"Authorization": f"token {OWNER}"}
    answer = await world.http.get(url, headers=headers)
    return environment in [each["name"] for each in answer.json()["environments"]]


async def pods_of(world: World) -> list[V1Pod]:
    found = await CoreV1Api(world.api).list_namespaced_pod(world.namespace)
    return list(found.items)


async def disk_of(world: World, job: str, node: str) -> Path:
    """Where the kubelet keeps a job's ``/cache``."""
    (pod,) = [
        pod
        for pod in await pods_of(world)
        if pod.metadata.labels["mofang.dev/job"] == job
    ]
    kept = state_folder() / node / "kubelet" / "pods" / pod.metadata.uid
    return kept / "volumes" / "kubernetes.io~empty-dir" / "cache"


async def test_a_full_cache_ends_its_job_alone_and_is_told(
    world: World, small: str
) -> None:
    """Who fills the scratch disk takes nothing from others on the node."""
    stays = await world.submit(
        name="stays", environment=small, script=world.write("stays.py", STAYS)
    )
    fills = await world.submit(
        name="fills",
        environment=small,
        script=world.write("fills.py", FILLS),
        restart={"limit": 3},
    )
    for job in (stays, fills):
        await world.until(job, JobState.RUNNING)
    (node,) = {pod.spec.node_name for pod in await pods_of(world)}
    disks = {job.id: await disk_of(world, job.id, node) for job in (stays, fills)}
    assert all(each.is_dir() for each in disks.values())

    failed = await world.until(fills, JobState.FAILED, within=300)

    assert failed.cache_bytes == {"worker": int(0.9 * 64 * MIB)}
    assert str(failed.reason).startswith(
        "worker-0 filled /cache and was evicted: 57.6 MiB of its 64.0 MiB are usable, "
        "and it wrote more than that size. Delete what the script no longer needs "
    )
    assert not failed.restarts, "it would fill the next one too"
    log = await world.call("GET", f"/{fills.id}/logs/worker/0")
    assert "written" in log.text

    async def is_cleared() -> bool:
        return not disks[fills.id].exists()

    await eventually(is_cleared)
    assert disks[stays.id].is_dir()
    assert (await world.get(stays)).state is JobState.RUNNING
    await asyncio.to_thread((STORAGE / "users" / OWNER / "filled").touch)
    await world.until(stays, JobState.SUCCEEDED)
    log = await world.call("GET", f"/{stays.id}/logs/worker/0")
    assert f"usable {int(0.9 * 64 * MIB)}" in log.text
    assert f"kept {16 * MIB} ['small']" in log.text
