"""Jobs on the real cluster, by the real Training Operator."""

import asyncio
import time

import pytest
from cluster.test_jobs_world import ADMIN, COLLEAGUE, VIEWER, World, eventually
from kubernetes_asyncio.client import CoreV1Api, CustomObjectsApi

from mofang_api.models import Job, JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL_REDUCE = """
import sys, torch, torch.distributed as dist
dist.init_process_group("gloo")
rank = dist.get_rank()
value = torch.tensor([rank + 1.0])
dist.all_reduce(value)
print(f"sum {value.item():.0f} of {dist.get_world_size()} {sys.argv[1:]}", flush=True)
"""


async def test_two_workers_reduce_and_leave_their_logs(world: World) -> None:
    script = world.write("reduce.py", ALL_REDUCE)
    dollars = "$(HOME) `id` $HOME"

    job = await world.submit(script=script, replicas=2, arguments=[dollars])
    ended = await world.until(job, JobState.SUCCEEDED, within=120)

    assert [each.exit_code for each in ended.replicas] == [0, 0]
    for index in (0, 1):
        log = await world.call("GET", f"/{job.id}/logs/worker/{index}")
        assert f"sum 3 of 2 {[dollars]}" in log.text
        assert log.headers["X-Log-Complete"] == "true"
        assert int(log.headers["X-Log-Size"]) == len(log.content)


async def test_a_failing_script_is_told_with_its_error(world: World) -> None:
    script = world.write("fails.py", "raise ValueError('the learning rate is -1')")

    job = await world.submit(script=script)
    failed = await world.until(job, JobState.FAILED)

    assert failed.reason == (
        "worker-0 ended with exit code 1: ValueError: the learning rate is -1."
    )
    log = await world.call("GET", f"/{job.id}/logs/worker/0?offset=-100")
    assert "[Mofang]" in log.text


async def test_a_missing_script_is_told_by_its_name(world: World) -> None:
    job = await world.submit(script="/home/jovyan/not-there.py")
    failed = await world.until(job, JobState.FAILED)

    assert "not-there.py" in str(failed.reason)


async def test_too_much_memory_is_told(world: World) -> None:
    script = world.write("eats.py", "x = bytearray(600 * 1024**2)\nprint(x[0])")

    job = await world.submit(
        script=script, resources={"cpu": "100m", "memory": "256Mi"}
    )
    failed = await world.until(job, JobState.FAILED)

    assert "256Mi" in str(failed.reason)
    assert "memory" in str(failed.reason)


async def test_cancelled_says_by_whom_and_keeps_its_log(world: World) -> None:
    script = world.write(
        "sleeps.py", "import time\nprint('asleep', flush=True)\ntime.sleep(300)"
    )
    job = await world.submit(script=script)
    await world.until(job, JobState.RUNNING)

    async def has_begun() -> bool:
        log = await world.call("GET", f"/{job.id}/logs/worker/0")
        return "asleep" in log.text

    await eventually(has_begun)

    refused = await world.call("POST", f"/{job.id}/cancel", user=COLLEAGUE)
    first, second = await asyncio.gather(
        world.call("POST", f"/{job.id}/cancel", user=ADMIN),
        world.call("POST", f"/{job.id}/cancel"),
    )
    cancelled = await world.until(job, JobState.CANCELLED)

    assert refused.status_code == 403
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["reason"] == second.json()["reason"] == cancelled.reason
    log = await world.call("GET", f"/{job.id}/logs/worker/0")
    assert "asleep" in log.text
    assert log.headers["X-Log-Complete"] == "true"
    assert (await world.call("DELETE", f"/{job.id}", user=VIEWER)).status_code == 403
    assert (await world.call("DELETE", f"/{job.id}")).status_code == 204
    assert (await world.call("GET", f"/{job.id}")).status_code == 404


async def test_a_followed_log_comes_live_and_ends_with_its_replica(
    world: World,
) -> None:
    script = world.write(
        "counts.py",
        "import time\nfor i in range(5):\n print('line', i, flush=True); time.sleep(1)",
    )
    job = await world.submit(script=script)
    seen: list[float] = []
    text = ""

    url = f"{world.jobs}/{job.id}/logs/worker/0?follow=true"
    headers = {"Authorization": f"token {VIEWER}"}
    async with world.http.stream("GET", url, headers=headers) as answer:
        async for piece in answer.aiter_text():
            seen.append(time.monotonic())
            text += piece

    assert [f"line {i}" in text for i in range(5)] == [True] * 5
    assert seen[-1] - seen[0] > 3
    assert (await world.get(job)).replicas[0].state in {"Succeeded", "Running"}


async def test_an_image_that_cannot_be_pulled_is_told_within_20_s(
    world: World,
) -> None:
    objects = CustomObjectsApi(world.api)
    where = ("mofang.dev", "v1alpha1", "environments")
    environment = await objects.get_cluster_custom_object(*where, "pytorch")
    image, name = "docker.io/mofang/absent:1", f"{world.project}-absent"
    body = {
        "apiVersion": "mofang.dev/v1alpha1",
        "kind": "Environment",
        "metadata": {"name": name},
        "spec": {
            **environment["spec"],
            "image": image,
            "access": {"projects": [world.project]},
        },
    }
    await objects.create_cluster_custom_object(*where, body)
    try:
        spec = {"name": "x", "image": image, "script": "x.py"}

        async def is_known() -> bool:
            preview = await world.call("POST", "/preview", json=spec)
            return "image" not in preview.json()["fields"]

        await eventually(is_known)
        job = await world.submit(script="x.py", image=image)

        async def image_reason() -> Job | None:
            seen = await world.get(job)
            return seen if image in str(seen.reason) else None

        found = await eventually(image_reason)
        assert found
    finally:
        await objects.delete_cluster_custom_object(*where, name)

    assert "cannot be pulled" in str(found.reason)
    assert found.state is JobState.QUEUED
    assert (await world.call("DELETE", f"/{job.id}")).status_code == 204


async def test_gpu_workers_are_packed_on_the_gpu_machine(world: World) -> None:
    script = world.write("idles.py", "import time\ntime.sleep(300)")

    gpu = await world.submit(
        script=script,
        replicas=2,
        resources={"cpu": "100m", "memory": "256Mi", "gpu": 1},
    )
    cpu = await world.submit(script=script)
    machines = [
        {each.node for each in (await world.until(job, JobState.RUNNING)).replicas}
        for job in (gpu, cpu)
    ]
    for job in (gpu, cpu):
        await world.call("DELETE", f"/{job.id}")

    assert machines == [{"gpu-1"}, {"cpu-1"}]


async def test_no_machine_fits_is_told_in_words(world: World) -> None:
    job = await world.submit(
        script="x.py",
        resources={"cpu": str(world.cores), "memory": "256Mi"},
    )

    async def found() -> Job | None:
        seen = await world.get(job)
        return seen if "too little free CPU" in str(seen.reason) else None

    waiting = await eventually(found)
    await world.call("DELETE", f"/{job.id}")

    assert waiting is not None
    assert waiting.state is JobState.QUEUED
    request = f"free resources for 1 worker ({world.cores} cores, 256 MiB of memory)"
    assert request in str(waiting.reason)


async def test_a_job_larger_than_any_node_is_not_admitted(world: World) -> None:
    job = await world.submit(
        script="x.py",
        resources={"cpu": str(world.cores + 1), "memory": "256Mi"},
    )

    async def found() -> Job | None:
        seen = await world.get(job)
        return seen if "the largest node it may use" in str(seen.reason) else None

    waiting = await eventually(found)
    small = await world.submit(script=world.write("quick.py", "print('done')"))
    await world.until(small, JobState.SUCCEEDED)
    pods = await CoreV1Api(world.api).list_namespaced_pod(
        world.namespace, label_selector=f"mofang.dev/job={job.id}"
    )
    await world.call("DELETE", f"/{job.id}")

    assert waiting is not None
    assert waiting.state is JobState.QUEUED
    assert f"A worker replica needs {world.cores + 1} cores; " in str(waiting.reason)
    assert waiting.queue is not None
    assert not pods.items, "it holds nothing of the quota"


async def test_more_than_the_quota_is_refused_with_a_sentence(world: World) -> None:
    answer = await world.call(
        "POST",
        json={
            "name": "big",
            "image": world.image,
            "script": "x.py",
            "replicas": 64,
            "resources": {"cpu": "1", "memory": "1Gi"},
        },
    )

    assert answer.status_code == 403
    assert "64 cores" in answer.json()["fields"]["resources.cpu"]
