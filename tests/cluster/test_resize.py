"""A server's pod gets another size from the real kubelet, and its process goes on."""

import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cluster.test_jobs_world import World, eventually
from kubernetes_asyncio.client import CoreV1Api, V1Pod

from mofang_kube import names
from mofang_kube.objects import ObjectStorage
from mofang_kube.watcher import Watcher
from mofang_spawner.context import SERVER_SELECTOR, SpawnContext, strip_pod
from mofang_spawner.environments.sizing import Sizes
from mofang_spawner.resize import NotResizedError, ResizeTarget, resize_pod

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024**2
HOLDS = f"""
import time
held = bytearray(160 * {MIB})
for position in range(0, len(held), 4096):
    held[position] = 1
last = None
while True:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            with open("/sys/fs/cgroup/" + name) as file:
                limit = int(file.read())
        except OSError:
            continue
        if limit != last:
            print(time.time(), limit // {MIB}, flush=True)
            last = limit
    time.sleep(0.02)
"""


def sizes(memory: str) -> Sizes:
    return Sizes(cpu="50m", cpu_limit="1", memory=memory, gpu=0)


def server_pod(name: str, image: str) -> dict[str, Any]:
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    resources = {
        "requests": {"cpu": "50m", "memory": "256Mi"},
        "limits": {"cpu": "1", "memory": "256Mi"},
    }
    return {
        "metadata": {
            "name": name,
            "labels": {names.SERVER_LABEL: name, names.OWNER_LABEL: "ada"},
        },
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "notebook",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["python3", "-c", HOLDS],
                    "resources": resources,
                    "securityContext": security,
                }
            ],
        },
    }


@pytest_asyncio.fixture(loop_scope="module")
async def context(world: World) -> AsyncIterator[SpawnContext]:
    found = SpawnContext(training_url="", images={})
    found.api, found.core = world.api, CoreV1Api(world.api)
    found.objects = ObjectStorage(world.api, field_manager="test")
    found.pods = Watcher(
        world.api, "/api/v1/pods", label_selector=SERVER_SELECTOR, trim=strip_pod
    )
    # What is free is not counted: here the kubelet itself is asked.
    found._requests = Watcher(world.api, "/api/v1/pods")
    found._connected = True
    found.pods.start()
    await found.pods.has_synced.wait()
    yield found
    await found.pods.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def target(world: World, context: SpawnContext) -> AsyncIterator[ResizeTarget]:
    """A server that holds 160 of its 256 MiB."""
    name = f"server-{secrets.token_hex(3)}"
    body = server_pod(name, world.image)
    await context.core.create_namespaced_pod(world.namespace, body)
    found = ResizeTarget(namespace=world.namespace, name=name)
    try:
        await eventually(lambda: limits(context, found))
        yield found
    finally:
        await context.core.delete_namespaced_pod(name, world.namespace)


async def limits(context: SpawnContext, target: ResizeTarget) -> list[list[float]]:
    """When the container saw a limit, and how many MiB, the oldest first."""
    pod = context.find_pod(target.namespace, target.name)
    if pod is None or pod["status"]["phase"] != "Running":
        return []
    text = await context.core.read_namespaced_pod_log(target.name, target.namespace)
    return [[float(word) for word in line.split()] for line in text.splitlines()]


async def pod_of(context: SpawnContext, target: ResizeTarget) -> V1Pod:
    return await context.core.read_namespaced_pod(target.name, target.namespace)


async def asked(context: SpawnContext, target: ResizeTarget) -> str:
    (container,) = (await pod_of(context, target)).spec.containers
    return str(container.resources.limits["memory"])


async def test_a_server_grows_and_shrinks_and_its_process_goes_on(
    context: SpawnContext, target: ResizeTarget
) -> None:
    began = time.time()
    await resize_pod(context, target, sizes("512Mi"))
    told = time.time() - began
    seen = [each for each in await limits(context, target) if each[1] == 512]
    # Soon after a start the kubelet does not know what is in use, and tries again.
    await resize_pod(context, target, sizes("320Mi"), answer_seconds=90)

    assert [mib for _, mib in await limits(context, target)] == [256, 512, 320]
    print(f"in the container after {seen[0][0] - began:.2f} s, told after {told:.2f} s")
    assert seen[0][0] - began < 10
    (status,) = (await pod_of(context, target)).status.container_statuses
    assert status.restart_count == 0


async def test_what_is_in_use_is_not_taken_away(
    context: SpawnContext, target: ResizeTarget
) -> None:
    with pytest.raises(NotResizedError, match="goes on with the size") as refused:
        await resize_pod(context, target, sizes("64Mi"), answer_seconds=20)

    print(refused.value.message)
    assert await asked(context, target) == "256Mi"
    (status,) = (await pod_of(context, target)).status.container_statuses
    assert status.restart_count == 0
    assert (await limits(context, target))[-1][1] == 256


async def test_what_a_node_can_never_give_is_taken_back(
    context: SpawnContext, target: ResizeTarget
) -> None:
    with pytest.raises(NotResizedError, match="goes on with the size that it had"):
        await resize_pod(context, target, sizes("4Ti"))

    assert await asked(context, target) == "256Mi"
