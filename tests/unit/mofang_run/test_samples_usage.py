from __future__ import annotations

import os
import subprocess

import pytest

from mofang_run.metrics.usage import ContainerUsage

OWN = f"{os.getpid()}\n"

NETWORK = """Inter-|   Receive                    |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs
    lo: 11 1 0 0 0 0 0 0 11 1 0 0 0 0 0 0
  eth0: 5000 9 0 0 0 0 0 0 700 8 0 0 0 0 0 0
"""


def write(root, **files: str):
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def cpu_stat(seconds: float) -> str:
    """What the group used, by version 2, beyond what we have used ourselves."""
    return f"usage_usec {round((seconds + own_seconds()) * 1e6)}\nuser_usec 1\n"


def cpuacct_usage(seconds: float) -> str:
    return f"{round((seconds + own_seconds()) * 1e9)}\n"


def own_seconds() -> float:
    own = os.times()
    return own.user + own.system


@pytest.fixture
def version_2(tmp_path):
    return write(
        tmp_path / "v2",
        cgroup_DOT_procs=OWN,
        cpu_DOT_stat=cpu_stat(25),
        memory_DOT_current="5000000\n",
        memory_DOT_stat="anon 1\ninactive_file 2000000\n",
    )


@pytest.fixture
def version_1(tmp_path):
    return write(
        tmp_path / "v1",
        cpuacct__cgroup_DOT_procs=OWN,
        cpuacct__cpuacct_DOT_usage=cpuacct_usage(25),
        memory__memory_DOT_usage_in_bytes="5000000\n",
        memory__memory_DOT_stat="inactive_file 1\ntotal_inactive_file 2000000\n",
    )


@pytest.mark.parametrize("version", ["version_1", "version_2"])
def test_a_containers_own_group_tells_cpu_and_memory(version, request):
    usage = ContainerUsage(20.0, request.getfixturevalue(version))

    assert usage.cpu_seconds() == pytest.approx(25, abs=0.5)
    # What could be freed at once is not in use, as for Kubernetes.
    assert usage.memory_bytes() == 3_000_000


@pytest.mark.parametrize("version", ["version_1", "version_2"])
def test_a_group_that_used_far_more_is_the_machines(version, request):
    """In a process namespace of one's own, the others do not even show in it."""
    root = request.getfixturevalue(version)
    if version == "version_2":
        (root / "cpu.stat").write_text(cpu_stat(14660))
    else:
        (root / "cpuacct" / "cpuacct.usage").write_text(cpuacct_usage(14660))

    usage = ContainerUsage(20.0, root)

    assert usage.cpu_seconds() is None
    assert usage.memory_bytes() is None


def test_a_group_with_others_in_it_is_not_ours(version_2):
    (version_2 / "cgroup.procs").write_text(OWN + f"{os.getppid()}\n")

    assert ContainerUsage(20.0, version_2).cpu_seconds() is None


def test_children_that_run_already_are_ours(version_2):
    with subprocess.Popen(["sleep", "60"]) as child:
        (version_2 / "cgroup.procs").write_text(OWN + f"{child.pid}\n")
        usage = ContainerUsage(20.0, version_2)
        child.kill()

    assert usage.cpu_seconds() is not None


def test_without_control_groups_nothing_is_said(tmp_path):
    usage = ContainerUsage(20.0, tmp_path)

    assert usage.cpu_seconds() is None
    assert usage.memory_bytes() is None


def test_the_network_of_a_pod_is_eth0(tmp_path):
    write(tmp_path, self__net__dev=NETWORK)

    assert ContainerUsage(0.0, tmp_path, tmp_path).network_bytes() == (5000, 700)


def test_another_network_is_not_taken_for_it(tmp_path):
    write(tmp_path, self__net__dev=NETWORK.replace("eth0", "ens1"))

    assert ContainerUsage(0.0, tmp_path, tmp_path).network_bytes() is None
