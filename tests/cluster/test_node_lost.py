"""A node is lost: what runs there is shown, ended and started elsewhere within seconds.

The time counts from when Kubernetes marks the node, which its controllers do about 50
seconds after the kubelet's last word; here, the mark is set by hand.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio.client import CoreV1Api

from mofang_api.models import Job, JobState, ReplicaState
from mofang_kube import names
from mofang_kube.free_capacity import UNFINISHED_PODS, strip_requests
from mofang_kube.objects import ObjectStorage
from mofang_kube.placement import strip_node
from mofang_kube.watcher import Watcher
from mofang_spawner.context import SERVER_SELECTOR, SpawnContext, strip_pod
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.spawner import MofangSpawner
from support.kwok import RUN
from support.nodes import fake_nodes

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

POOL = f"pool-{secrets.token_hex(3)}"
CONVERGED_SECONDS = 15.0
SIZES = {"cpu": "20", "memory": "128Mi"}
"""More than half of a fake node: one replica on each."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pooled(world: World) -> AsyncIterator[World]:
    """The world, its project bound to a pool of its own."""
    await world.bind_to_pool(POOL)
    yield world


async def mark_node(core: CoreV1Api, name: str, status: str) -> None:
    """Write what the node controller writes, or the kubelet."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {
        "type": "Ready",
        "status": status,
        "reason": "NodeStatusUnknown" if status == "Unknown" else "KubeletReady",
        "message": "Kubelet stopped posting node status.",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    await core.patch_node_status(name, {"status": {"conditions": [ready]}})


@asynccontextmanager
async def lost(core: CoreV1Api, name: str) -> AsyncIterator[None]:
    """Have a node lost, and looked after by its kwok again in the end."""
    labels = (await core.read_node(name)).metadata.labels
    run = {RUN: labels[RUN]}
    # kwok would say that it is ready, and confirm that its pods have ended.
    await core.patch_node(name, {"metadata": {"labels": {RUN: None}}})
    await mark_node(core, name, "Unknown")
    try:
        yield
    finally:
        await core.patch_node(name, {"metadata": {"labels": run}})


async def node_of(world: World, job: Job) -> str:
    seen = await world.get(job)
    return min(str(each.node) for each in seen.replicas)


async def test_a_job_goes_on_elsewhere(pooled: World) -> None:
    core = CoreV1Api(pooled.api)
    with fake_nodes(3, pool=POOL):
        job = await pooled.submit(
            script="train.py", replicas=2, resources=SIZES, restart={"limit": 2}
        )
        await pooled.until(job, JobState.RUNNING)
        gone = await node_of(pooled, job)

        async def has_moved() -> Job | None:
            seen = await pooled.get(job)
            is_up = seen.attempt == 2 and seen.state is JobState.RUNNING
            return seen if is_up else None

        async with lost(core, gone):
            again = await eventually(has_moved, within=CONVERGED_SECONDS)
        await pooled.end(job)

    assert again is not None
    (record,) = again.restarts
    assert (record.node, record.platform_failure) == (gone, True)
    assert record.cause.startswith(f"Node {gone}, which ran ")
    assert record.cause.endswith(" is not responding.")
    assert gone not in {each.node for each in again.replicas}


async def test_a_job_that_is_not_to_restart_says_so_and_can_be_cancelled(
    pooled: World,
) -> None:
    """Its pod stays in the API: nobody confirms that it has ended."""
    core = CoreV1Api(pooled.api)
    with fake_nodes(2, pool=POOL):
        job = await pooled.submit(script="train.py", replicas=2, resources=SIZES)
        await pooled.until(job, JobState.RUNNING)
        gone = await node_of(pooled, job)

        async def alerts() -> Job | None:
            seen = await pooled.get(job)
            return seen if seen.alert else None

        async with lost(core, gone):
            seen = await eventually(alerts, within=CONVERGED_SECONDS)
            assert seen is not None
            await pooled.call("POST", f"/{job.id}/cancel")
            await pooled.until(job, JobState.CANCELLED, within=CONVERGED_SECONDS)
        await pooled.end(job)

    assert seen.state is JobState.RUNNING
    assert str(seen.alert).endswith(" is not responding.")
    states = {each.node: each.state for each in seen.replicas}
    assert states.pop(gone) is ReplicaState.UNKNOWN
    assert set(states.values()) == {ReplicaState.RUNNING}


async def test_a_node_that_answers_again_costs_nothing(pooled: World) -> None:
    core = CoreV1Api(pooled.api)
    with fake_nodes(1, pool=POOL):
        job = await pooled.submit(script="train.py", resources=SIZES)
        await pooled.until(job, JobState.RUNNING)

        async def alert() -> str | None:
            return (await pooled.get(job)).alert

        async def is_well() -> bool:
            seen = await pooled.get(job)
            return seen.alert is None and seen.replicas[0].state is ReplicaState.RUNNING

        async with lost(core, await node_of(pooled, job)):
            await eventually(alert, within=CONVERGED_SECONDS)
        # kwok says again that it is ready.
        await eventually(is_well, within=CONVERGED_SECONDS)
        seen = await pooled.get(job)
        await pooled.end(job)

    assert (seen.state, seen.attempt) == (JobState.RUNNING, 1)


# -- a server


class OwnSpawner(MofangSpawner):
    """Without a hub."""

    server = None


@pytest_asyncio.fixture(loop_scope="module")
async def spawner(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MofangSpawner]:
    """A spawner whose server is a pod made here."""
    context = SpawnContext(training_url="", images={})
    context.api, context.core = world.api, CoreV1Api(world.api)
    context.objects = ObjectStorage(world.api, field_manager="test")
    context.catalog = Catalog.of_cluster(world.api, {})
    context.pods = Watcher(
        world.api, "/api/v1/pods", label_selector=SERVER_SELECTOR, trim=strip_pod
    )
    context._nodes = Watcher(world.api, "/api/v1/nodes", trim=strip_node)
    context._homes = Watcher(world.api, f"/apis/{names.API_VERSION}/homes")
    context._requests = Watcher(
        world.api,
        "/api/v1/pods",
        field_selector=UNFINISHED_PODS,
        trim=strip_requests,
    )
    context._connected = True
    # KubeSpawner connects as it is made.
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda *_: context.core)
    user: Any = SimpleNamespace(id=1, name="ada", url="/", groups=[], spawners={})
    row = SimpleNamespace(name="one", server=None, last_activity=None, user_options={})
    made = OwnSpawner(_mock=True, user=user, orm_spawner=row)
    made.context = lambda: context
    made.namespace = world.namespace
    made.pod_name = f"server-{secrets.token_hex(3)}"
    await context.ready()
    yield made
    await context.pod_ends.stop()
    await context.pods.stop()
    await context._nodes.stop()
    await context._homes.stop()
    await context._requests.stop()
    await context.catalog.close()


def server_pod(name: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "labels": {names.SERVER_LABEL: name, names.OWNER_LABEL: "ada"},
        },
        "spec": {
            "nodeSelector": {names.POOL_LABEL: POOL},
            "tolerations": [
                {"key": names.POOL_LABEL, "operator": "Exists"},
            ],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "notebook",
                    "image": "nothing.invalid/one",
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "64Mi"},
                        "limits": {"cpu": "100m", "memory": "64Mi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }


async def test_a_server_is_stopped_and_its_name_is_free(
    pooled: World, spawner: MofangSpawner
) -> None:
    core = CoreV1Api(pooled.api)
    namespace, name = pooled.namespace, spawner.pod_name

    async def runs() -> bool:
        pod = spawner.context().find_pod(namespace, name)
        return pod is not None and pod["status"]["phase"] == "Running"

    async def is_lost() -> str:
        return spawner.lost_node

    with fake_nodes(2, pool=POOL):
        await core.create_namespaced_pod(namespace, server_pod(name))
        await eventually(runs)
        pod = await core.read_namespaced_pod(name, namespace)
        gone = pod.spec.node_name
        assert spawner.lost_node == ""
        async with lost(core, gone):
            assert await eventually(is_lost, within=CONVERGED_SECONDS) == gone
            assert await spawner.poll() is None
            async with asyncio.timeout(CONVERGED_SECONDS):
                await spawner.stop()
            assert await spawner.poll() == 1

            await core.create_namespaced_pod(namespace, server_pod(name))
            await eventually(runs, within=CONVERGED_SECONDS)
            again = await core.read_namespaced_pod(name, namespace)
            await core.delete_namespaced_pod(name, namespace)

    assert again.spec.node_name != gone
