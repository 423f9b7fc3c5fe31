"""Each node mounts the file system for itself, although both are one machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mofang_local import mount_namespaces
from mofang_local.ceph.cluster import CephCluster
from mofang_local.ceph.settings import CLIENT_KIND, FILE_SYSTEM
from mofang_local.local_paths import paths
from mofang_local.network import CPU_NODE, NODES
from support.ceph import (
    SETTINGS,
    find_mount_process,
    kill_mount,
    mount_on,
    mount_process,
)
from support.eventually import eventually
from support.steady_io import SteadyFile


@pytest.fixture
def folder(ceph: CephCluster) -> Iterator[str]:
    """A directory of the file system, by its name in each mount."""
    name = "users/nodes"
    made = ceph.settings.operator_mount / name
    made.mkdir()
    yield name
    shutil.rmtree(made)


def mounted_on(node: str) -> set[str]:
    """Return what of this file system a node sees, below the directory of mounts."""
    (found,) = [each for each in NODES if each.name == node]
    return {
        str(point.relative_to(SETTINGS.mounts))
        for point, kind in mount_namespaces.mounts(paths(), found)
        if kind == CLIENT_KIND and SETTINGS.mounts in point.parents
    }


def test_a_node_sees_its_own_mount_and_no_other(ceph: CephCluster) -> None:
    assert mounted_on("cpu-1") == {f"cpu-1/{FILE_SYSTEM}", f"operator/{FILE_SYSTEM}"}
    assert mounted_on("gpu-1") == {f"gpu-1/{FILE_SYSTEM}"}


def test_each_mount_is_a_process_with_a_session_of_its_own(ceph: CephCluster) -> None:
    processes = {mount_process(node.name) for node in NODES}
    sessions = json.loads(ceph.run("ceph", "tell", "mds.a", "session", "ls"))
    points = [each["client_metadata"].get("mount_point", "") for each in sessions]

    assert len(processes) == len(NODES)
    for node in NODES:
        assert points.count(f"/mounts/{node.name}/{FILE_SYSTEM}") == 1


def test_the_other_node_goes_on_when_a_mount_is_killed(
    ceph: CephCluster, folder: str
) -> None:
    here, there = (mount_on(node.name) / folder for node in NODES)
    operator = ceph.settings.operator_mount / folder
    with SteadyFile(there / "written", operator / "written") as file:
        killed = mount_process(CPU_NODE.name)
        kill_mount(CPU_NODE.name)
        file.wait_for(20, within=30)
        eventually(
            lambda: find_mount_process(CPU_NODE.name) not in {None, killed},
            within=30,
            what="the mount is back",
        )
        eventually(lambda: _is_there(here), within=30, what="its files are back")
    file.check()


def _is_there(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:
        # Nothing is mounted, or what is has ended.
        return False
