"""A project on a real CephFS: what people do with it, and one mount that is killed.

The project is one of the running platform; only its directories are on Ceph.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from cluster.test_jobs_world import OWNER, STORAGE, World, eventually

from mofang_api.models import Job, JobState
from mofang_files.restoring import restore_in_place
from mofang_files.roots import ConfinedPath, Root
from mofang_kube.names import UID, user_slug
from mofang_local.ceph.cluster import CephCluster
from mofang_projects.directories import (
    TOP,
    home_directory,
    logs_directory,
    project_directory,
)
from mofang_projects.settings import VolumeCategory
from mofang_storage.base import NO_QUOTA, Quota
from mofang_storage.cephfs import CephFsStorage
from mofang_storage.snapshot_names import SnapshotReason, snapshot_name
from support.ceph import directories_on, evict_mount, kill_mount, mount_on

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

log = logging.getLogger(__name__)

HOME = home_directory(user_slug(OWNER))
MEGABYTE = 1_000_000

MEET = """
import pathlib, socket, time
folder = pathlib.Path("/home/jovyan/meeting")
folder.mkdir(exist_ok=True)
(folder / socket.gethostname()).write_text("here")
while len(list(folder.iterdir())) < 3:
    time.sleep(0.1)
print("all three are here", flush=True)
"""

WHERE = """
import os, pathlib
print("file system", os.stat("/home/jovyan").st_dev, flush=True)
pathlib.Path("/home/jovyan/where").write_text("on gpu-1")
"""
GPU = {"cpu": "100m", "memory": "256Mi", "gpu": 1}

FILL = """
import errno, os
for what, attempt in {
    "quota": lambda: os.setxattr("/home/jovyan", "ceph.quota.max_bytes", b"0"),
    "layout": lambda: os.setxattr("/home/jovyan", "ceph.dir.layout.stripe_count", b"2"),
    "snapshot": lambda: os.mkdir("/home/jovyan/.snap/mine"),
}.items():
    try:
        attempt()
        print(what, "allowed", flush=True)
    except OSError as error:
        print(what, errno.errorcode[error.errno], flush=True)
written = 0
try:
    with open("/home/jovyan/large", "wb", buffering=0) as file:
        while written < 200_000_000:
            written += file.write(bytes(1_000_000))
            os.fsync(file.fileno())
    print("filled", flush=True)
except OSError as error:
    print("full", errno.errorcode[error.errno], flush=True)
os.remove("/home/jovyan/large")
"""

BEAT = """
import os, time
failures = 0
while not os.path.exists("/projects/PROJECT/stop"):
    try:
        with open("/home/jovyan/beat", "w") as file:
            file.write(str(time.time()))
    except OSError:
        failures += 1
    time.sleep(0.05)
# The log's file was open when the mount went, and is lost from there on.
with open("/home/jovyan/failures", "w") as file:
    file.write(str(failures))
"""


@pytest.fixture(scope="module")
def storage(ceph: CephCluster) -> CephFsStorage:
    """As the reconciler has it: with the key that sets quotas and makes snapshots."""
    return CephFsStorage(ceph.settings.operator_mount, UID)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def project(
    world: World, ceph: CephCluster, storage: CephFsStorage
) -> AsyncIterator[World]:
    """The module's project, whose directories are on Ceph."""
    directories = (
        HOME,
        project_directory(world.project),
        logs_directory(world.project),
    )
    for each in directories:
        storage.ensure(each)
    names = [str(each) for each in directories]
    with directories_on(ceph.settings.mount, STORAGE, names):
        yield world


async def run(world: World, name: str, text: str, **more: object) -> str:
    """Run a job to its end; return the log of its first replica."""
    command = ["python", world.write(name, text)]
    job = await world.submit(command=command, **({"framework": "single"} | more))
    await world.until(job, JobState.SUCCEEDED, within=180)
    return await log_of(world, job)


async def log_of(world: World, job: Job) -> str:
    return (await world.call("GET", f"/{job.id}/logs/worker/0")).text


async def test_a_job_of_three_pods_shares_the_home(
    project: World, ceph: CephCluster
) -> None:
    log = await run(project, "meet.py", MEET, framework="pytorch", replicas=3)

    assert "all three are here" in log
    # The other node has a client of its own.
    other = mount_on("gpu-1") / str(HOME) / "meeting"
    assert len(list(other.iterdir())) == 3


async def test_a_pod_of_the_other_node_uses_that_node_s_mount(
    project: World, ceph: CephCluster
) -> None:
    log = await run(project, "where.py", WHERE, resources=GPU)

    home = mount_on("gpu-1") / str(HOME)
    assert f"file system {home.stat().st_dev}" in log
    # It is the same home, by another client.
    assert (mount_on("cpu-1") / str(HOME) / "where").read_text() == "on gpu-1"
    assert home.stat().st_dev != (mount_on("cpu-1") / str(HOME)).stat().st_dev


async def test_a_quota_holds_and_cannot_be_lifted_from_a_pod(
    project: World, ceph: CephCluster, storage: CephFsStorage
) -> None:
    home = ceph.settings.operator_mount / str(HOME)
    quota = Quota(bytes=30 * MEGABYTE)
    storage.ensure(HOME, quota)
    try:
        log = await run(project, "fill.py", FILL)
        kept = os.getxattr(home, "ceph.quota.max_bytes")
    finally:
        storage.ensure(HOME, NO_QUOTA)

    assert "full EDQUOT" in log
    assert "quota EACCES" in log
    assert "layout EACCES" in log
    assert "snapshot EACCES" in log
    assert int(kept) == quota.bytes


async def test_a_deleted_file_comes_back_from_a_snapshot(
    project: World, ceph: CephCluster, storage: CephFsStorage
) -> None:
    """One snapshot on the parent shows each person their own part alone."""
    homes = TOP[VolumeCategory.USERS]
    path = Path(project.write("precious.txt", "years of work"))
    name = snapshot_name(SnapshotReason.DAILY, datetime.now(UTC))
    storage.snapshot(homes, name)
    # With the key of people's pods.
    mount = mount_on("cpu-1")
    mounted, home = CephFsStorage(mount, UID), mount / str(HOME)
    try:
        (home / path.name).unlink()
        (seen,) = mounted.list(HOME)
        kept = home / ".snap" / seen.name / path.name
        with pytest.raises(OSError, match="Read-only") as refused:
            kept.write_text("another past")
        restore_in_place(ConfinedPath(Root("home", home), (path.name,)), seen.name)
    finally:
        storage.remove(homes, name)

    assert not seen.own
    assert refused.value.errno == errno.EROFS
    assert mounted.list(HOME) == []
    log = await run(project, "read.py", f"print(open('{path}').read())")
    assert "years of work" in log


Fault = Callable[[CephCluster], None]


@pytest.mark.parametrize(
    ("fault", "within"),
    [
        pytest.param(lambda _: kill_mount("cpu-1"), 5, id="its process is killed"),
        # The cluster takes some seconds to tell, and the mount to end.
        pytest.param(lambda ceph: evict_mount(ceph, "cpu-1"), 30, id="it is evicted"),
    ],
)
async def test_a_lost_mount_is_back_in_seconds_for_a_job_that_runs(
    project: World, ceph: CephCluster, fault: Fault, within: float
) -> None:
    """Its container is the same one, and the other node notices nothing."""
    stop = mount_on("gpu-1") / "projects" / project.project / "stop"
    stop.unlink(missing_ok=True)
    text = BEAT.replace("PROJECT", project.project)
    command = ["python", project.write("beat.py", text)]
    job = await project.submit(command=command, framework="single")
    await project.until(job, JobState.RUNNING)
    here = mount_on("cpu-1") / str(HOME) / "beat"
    there = mount_on("gpu-1") / str(HOME) / "beat"
    begun = time.time()
    await eventually(lambda: beaten_since(there, begun))

    await asyncio.to_thread(fault, ceph)
    lost = time.time()

    await eventually(lambda: beaten_since(here, lost + 0.5), within=within)
    log.info("back after %.1f s", time.time() - lost)
    await eventually(lambda: beaten_since(there, lost + 0.5))
    stop.touch()
    await project.until(job, JobState.SUCCEEDED)
    assert int((here.parent / "failures").read_text()) > 0


async def beaten_since(file: Path, moment: float) -> bool:
    """Whether the job has written a time after this one."""

    def read() -> float:
        # Between two mounts there is nothing, and a file may be read half-written.
        with suppress(OSError, ValueError):
            return float(file.read_text())
        return 0.0

    return await asyncio.to_thread(read) > moment
