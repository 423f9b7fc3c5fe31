"""A node's own mounts, by namespaces of this kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mofang_local import mount_namespaces, nodes
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, GPU_NODE
from mofang_local.processes import Program

APART = """
mount -t tmpfs none /run
mount -t tmpfs none /sys/fs/cgroup
ip netns add mofang-gpu-1
exec "$@"
"""
"""Neither network nor cgroups are those of a platform that runs here."""

BEGIN = """
import sys
from pathlib import Path

from mofang_local import mount_namespaces as namespaces, network, storage
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, GPU_NODE, NODES
from mofang_local.processes import Program, Supervisor

state = Path(sys.argv[1])
paths = LocalPaths(repository=state, cache=state, state=state)
supervisor = Supervisor(paths.run, paths.logs)
target = state / "data"
target.mkdir()

def tmpfs(node):
    return [point for point, kind in namespaces.mounts(paths, node) if kind == "tmpfs"]

def create():
    for node in NODES:
        namespaces.create(supervisor, node)

def test():
    SCRIPT

try:
    test()
finally:
    for name in supervisor.names():
        supervisor.stop(name)
"""


def run_apart(script: str, folder: Path) -> None:
    """Run Python code whose mounts are gone afterwards.

    Raises:
        AssertionError: It failed; with what it said.
    """
    flags = ["--mount", "--net"]
    if os.geteuid():
        flags += ["--user", "--map-root-user"]
    text = BEGIN.replace("SCRIPT", script.strip().replace("\n", "\n    "))
    done = subprocess.run(
        ["unshare", *flags, "sh", "-euc", APART, "sh"]
        + [sys.executable, "-c", text, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mount_on_one_node_is_not_seen_by_the_other(tmp_path: Path) -> None:
    run_apart(
        """
create()
for node in NODES:
    size = {"cpu-1": "1m", "gpu-1": "2m"}[node.name]
    kind = ("mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(target))
    namespaces.run(paths, node, *kind)
    namespaces.run(paths, node, "touch", str(target / node.name))

for node in NODES:
    assert tmpfs(node).count(target) == 1
    here = namespaces.root(paths, node) / target.relative_to("/")
    assert [each.name for each in here.iterdir()] == [node.name]

namespaces.run(paths, GPU_NODE, "umount", str(target))
assert target not in tmpfs(GPU_NODE)
assert target in tmpfs(CPU_NODE)
""",
        tmp_path,
    )


def test_a_machine_that_shares_its_mounts_shares_none_with_the_node(
    tmp_path: Path,
) -> None:
    """As systemd has it."""
    run_apart(
        """
network.run("mount", "--make-rshared", "/")
create()
network.run("mount", "-t", "tmpfs", "none", str(target))
assert target in tmpfs(CPU_NODE)
assert target not in tmpfs(GPU_NODE)
""",
        tmp_path,
    )


def test_a_program_sees_the_mounts_of_its_node(tmp_path: Path) -> None:
    run_apart(
        """
create()
namespaces.run(paths, GPU_NODE, "mount", "-t", "tmpfs", "none", str(target))
program = Program(
    name="containerd",
    command=("sleep", "60"),
    mount_namespace=namespaces.name(GPU_NODE),
)
supervisor.start(program)
listed = Path(f"/proc/{supervisor.pid('containerd')}/mounts")
while str(target) not in listed.read_text():
    supervisor.ensure_alive(program)
""",
        tmp_path,
    )


def test_a_node_that_was_not_started_has_nothing_mounted(tmp_path: Path) -> None:
    run_apart(
        """
assert namespaces.mounts(paths, GPU_NODE) == []
assert not storage.has_client_mounts(paths)
storage.flush(paths)
create()
assert namespaces.mounts(paths, GPU_NODE)
supervisor.stop("mounts-gpu-1")
assert namespaces.mounts(paths, GPU_NODE) == []
""",
        tmp_path,
    )


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(repository=tmp_path, cache=tmp_path, state=tmp_path)


def test_what_mounts_for_pods_runs_there(paths: LocalPaths) -> None:
    def namespaces(programs: tuple[Program, ...]) -> dict[str, str | None]:
        return {each.name: each.mount_namespace for each in programs}

    (pause,) = mount_namespaces.programs(GPU_NODE)
    assert namespaces(nodes.programs(paths, GPU_NODE)) == {
        "containerd-gpu-1": pause.name,
        "kubelet-gpu-1": pause.name,
        "kube-proxy-gpu-1": None,
    }
    assert mount_namespaces.programs(CPU_NODE) == ()
    assert set(namespaces(nodes.programs(paths, CPU_NODE)).values()) == {None}


def test_another_namespace_starts_a_program_anew() -> None:
    """A platform of before is not taken for one that has it."""
    before = Program(name="kubelet", command=("sleep", "1"))
    after = Program(name="kubelet", command=("sleep", "1"), mount_namespace="mounts")

    assert before.fingerprint != after.fingerprint
