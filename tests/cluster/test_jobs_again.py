"""Jobs that wait, start again or stay for a look, on the real cluster."""

import asyncio
from typing import Any

import pytest
from cluster.test_jobs_world import COLLEAGUE, World, eventually

from mofang_api.models import Job, JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def huge(world: World) -> dict[str, str]:
    """Within the project's quota, and more than the platform's pods leave of a node."""
    return {"cpu": str(world.cores), "memory": "256Mi"}


async def test_who_does_not_fit_the_quota_waits_and_says_for_what(
    world: World,
) -> None:
    script = world.write("quick.py", "print('done')")
    first = await world.submit(name="first", script=script, resources=huge(world))
    await eventually(lambda: is_admitted(world, first))
    second = await world.submit(name="second", script=script, resources=huge(world))
    third = await world.submit(
        name="third",
        script=script,
        resources=huge(world),
        priority="high",
    )

    waiting = await world.until(second, JobState.QUEUED)
    urgent = await world.until(third, JobState.QUEUED)
    assert f"is exceeded: the job asks for {world.cores} cores" in str(waiting.reason)
    assert urgent.queue is not None
    assert urgent.queue.position == 1, "the urgent one goes first"

    async def has_moved_back() -> bool:
        place = (await world.get(second)).queue
        return place is not None and (place.position, place.length) == (2, 2)

    await eventually(has_moved_back)
    assert not await pods_of(world, second), "nothing of a waiting gang is made"

    await world.call("POST", f"/{first.id}/cancel")
    await eventually(lambda: is_admitted(world, third))
    await world.call("POST", f"/{second.id}/cancel", user=COLLEAGUE)
    for job in (second, third):
        await world.call("POST", f"/{job.id}/cancel")
        await world.until(job, JobState.CANCELLED)


async def test_a_small_job_passes_a_big_one_that_does_not_fit_yet(
    world: World,
) -> None:
    script = world.write("quick.py", "print('done')")
    first = await world.submit(name="first", script=script, resources=huge(world))
    await eventually(lambda: is_admitted(world, first))
    big = await world.submit(name="big", script=script, resources=huge(world))
    await world.until(big, JobState.QUEUED)

    small = await world.submit(name="small", script=script)

    await world.until(small, JobState.SUCCEEDED)
    for job in (big, first):
        await world.call("POST", f"/{job.id}/cancel")
        await world.until(job, JobState.CANCELLED)


async def test_the_whole_gang_starts_again_and_each_try_is_recorded(
    world: World,
) -> None:
    script = world.write(
        "fails_twice.py",
        "import os, sys, time\n"
        "attempt = int(os.environ['MOFANG_ATTEMPT'])\n"
        "rank = os.environ['MOFANG_REPLICA_INDEX']\n"
        "print('try', attempt, 'of', rank, flush=True)\n"
        "if attempt < 3 and rank == '1':\n"
        "    sys.exit(f'no luck in try {attempt}')\n"
        "time.sleep(0 if attempt == 3 else 60)\n",
    )

    job = await world.submit(
        command=["python3", script],
        replicas=2,
        restart={"limit": 5, "include_script_failures": True},
    )
    ended = await patiently(world, job, JobState.SUCCEEDED)

    assert ended.attempt == 3
    assert [each.attempt for each in ended.restarts] == [1, 2]
    for number, record in enumerate(ended.restarts, 1):
        assert f"no luck in try {number}" in record.cause
        assert record.replica == "worker-1"
        assert record.node
        assert not record.platform_failure
    for rank in (0, 1):
        log = (await world.call("GET", f"/{job.id}/logs/worker/{rank}")).text
        assert [f"try {n} of {rank}" in log for n in (1, 2, 3)] == [True] * 3
    assert len(await objects_of(world, job)) == 1, "earlier tries are cleared away"


async def test_a_fault_of_the_script_is_not_tried_again_unless_asked(
    world: World,
) -> None:
    script = world.write("wrong.py", "raise ValueError('always')")
    job = await world.submit(script=script, restart={"limit": 3})

    failed = await world.until(job, JobState.FAILED)

    assert failed.attempt == 1
    assert "ValueError: always" in str(failed.reason)


async def test_cancelled_between_tries_it_stays_cancelled(world: World) -> None:
    script = world.write("wrong.py", "raise ValueError('always')")
    job = await world.submit(
        script=script, restart={"limit": 128, "include_script_failures": True}
    )

    async def has_restarted() -> bool:
        return bool((await world.get(job)).restarts)

    await eventually(has_restarted, within=60)
    await asyncio.gather(
        world.call("POST", f"/{job.id}/cancel"),
        world.call("POST", f"/{job.id}/cancel"),
    )
    ended = await patiently(world, job, JobState.CANCELLED, JobState.FAILED)

    later = await world.submit(
        script=script, restart={"limit": 1, "include_script_failures": True}
    )
    assert (await patiently(world, later, JobState.FAILED)).attempt == 2
    left = await world.get(job)
    assert left.attempt == ended.attempt, "one that failed later was started again"
    assert left.state == ended.state


async def test_a_failed_replica_is_held_for_debugging(world: World) -> None:
    script = world.write("wrong.py", "raise ValueError('look at me')")
    job = await world.submit(script=script, hold_on_failure_minutes=5)

    async def is_kept() -> Job | None:
        seen = await world.get(job)
        return seen if seen.replicas[0].held_until else None

    kept = await eventually(is_kept, within=60)
    assert kept is not None
    assert kept.state is JobState.RUNNING
    assert "look at me" in str(kept.replicas[0].reason)
    assert kept.replicas[0].shell_allowed
    await world.call("POST", f"/{job.id}/cancel")
    await world.until(job, JobState.CANCELLED)


async def patiently(world: World, job: Job, *states: JobState) -> Job:
    """As ``until``, over failures that are tried again."""

    async def in_state() -> Job | None:
        seen = await world.get(job)
        return seen if seen.state in states else None

    found = await eventually(in_state, within=150)
    assert found is not None
    return found


async def is_admitted(world: World, job: Job) -> bool:
    seen = await world.get(job)
    return seen.queue is None and bool(await pods_of(world, job))


async def pods_of(world: World, job: Job) -> list[Any]:
    return await listed(world, "/api/v1", "pods", job)


async def objects_of(world: World, job: Job) -> list[Any]:
    return await listed(world, "/apis/kubeflow.org/v1", "pytorchjobs", job)


async def listed(world: World, group: str, plural: str, job: Job) -> list[Any]:
    answer = await world.api.call_api(
        f"{group}/namespaces/{world.namespace}/{plural}",
        "GET",
        query_params=[("labelSelector", f"mofang.dev/job={job.id}")],
        header_params={"Accept": "application/json"},
        auth_settings=["BearerToken"],
        response_types_map={200: "object"},
    )
    found = answer[0] if isinstance(answer, tuple) else answer
    items: list[Any] = (await found.json() if hasattr(found, "json") else found)[
        "items"
    ]
    return items
