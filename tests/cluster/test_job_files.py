"""What a job's containers see of the file system, and what a deletion leaves of it."""

import stat

import pytest
from cluster.test_jobs_world import OWNER, STORAGE, World, eventually

from mofang_api.models import Job, JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

INSPECT = """
import os, sys
from pathlib import Path
logs = Path("/var/log/mofang")
print("logs", sorted({each.name.split("-worker-")[0] for each in logs.iterdir()}))
for path in ("/var/log/mofang", "/home/jovyan"):
    found = os.stat(path)
    print(path, found.st_uid, found.st_gid, oct(found.st_mode & 0o777))
for root in ("/home/jovyan", os.environ["MOFANG_PROJECT_DIRECTORY"], "/global"):
    for folder, _, files in os.walk(root):
        for name in files:
            if name.startswith("mofang-job-") and name.endswith(".log"):
                print("found", folder, name)
print("done", flush=True)
"""


async def log_of(world: World, job: Job) -> str:
    return (await world.call("GET", f"/{job.id}/logs/worker/0")).text


async def nothing_is_left_of(world: World, job: Job) -> None:
    """Wait until no directory of a deleted job is there; its pods go first."""
    folder = STORAGE / "logs" / world.project

    async def is_gone() -> bool:
        return not any(job.id in each.name for each in folder.iterdir())

    await eventually(is_gone, within=240)


async def test_a_job_sees_its_own_logs_alone(world: World) -> None:
    other = await world.submit(command=["sleep", "600"], framework="single")
    script = world.write("look.py", INSPECT)
    directory = {"MOFANG_PROJECT_DIRECTORY": f"/projects/{world.project}"}
    job = await world.submit(
        command=["env", *(f"{k}={v}" for k, v in directory.items()), "python", script],
        framework="single",
    )
    await world.until(job, JobState.SUCCEEDED, within=120)

    log = await log_of(world, job)

    assert f"logs ['mofang-job-{job.id}']" in log
    assert "/var/log/mofang 1000 1000 0o770" in log
    assert "found" not in log
    assert "done" in log
    made = (STORAGE / "logs" / world.project / job.id).stat()
    assert (made.st_uid, stat.S_IMODE(made.st_mode)) == (1000, 0o770)
    for each in (job, other):
        assert (await world.call("DELETE", f"/{each.id}")).status_code == 204
    for each in (job, other):
        await nothing_is_left_of(world, each)


async def test_a_job_as_another_user_works_in_its_owner_s_home(world: World) -> None:
    """Its owner changes what it made, and its logs are read and removed."""
    command = "umask; id -u; mkdir -p ~/by-2000/in; echo 7 > ~/by-2000/in/file; ls ~"
    job = await world.submit(
        command=["sh", "-c", command], framework="single", run_as_user=2000
    )
    await world.until(job, JobState.SUCCEEDED, within=120)

    log = await log_of(world, job)

    assert "0002\n2000\n" in log
    made = STORAGE / "users" / OWNER / "by-2000" / "in"
    for path in (made, made / "file"):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (2000, 1000)
        assert found.st_mode & stat.S_IWGRP
    assert (await world.call("DELETE", f"/{job.id}")).status_code == 204
    await nothing_is_left_of(world, job)


async def test_a_job_that_is_deleted_while_it_starts_leaves_nothing(
    world: World,
) -> None:
    jobs = [
        await world.submit(command=["sleep", "600"], framework="single")
        for _ in range(3)
    ]
    for job in jobs:
        assert (await world.call("DELETE", f"/{job.id}")).status_code == 204
    for job in jobs:
        await nothing_is_left_of(world, job)
