"""What keeps an interrupted, killed or doubled launcher from doing harm."""

import datetime
import json
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mofang_local import helm, nodes, platform, preflight
from mofang_local.cluster import Cluster
from mofang_local.errors import LauncherError, PreflightError, StartError
from mofang_local.files import is_written, write_private
from mofang_local.kubernetes import nodes_ready
from mofang_local.local_paths import LocalPaths
from mofang_local.locks import file_lock
from mofang_local.network import CPU_NODE
from mofang_local.processes import Program, Supervisor
from mofang_local.progress import Progress
from support.eventually import eventually
from support.ports import free_port

BEGAN = datetime.datetime(2026, 1, 1, 12, 0, 5, 700_000, tzinfo=datetime.UTC)


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=Path(__file__).parents[3],
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )


def reported(at: str, status: str = "True") -> dict:
    condition = {"type": "Ready", "status": status, "lastHeartbeatTime": at}
    return {"metadata": {"name": "gpu-1"}, "status": {"conditions": [condition]}}


@pytest.mark.parametrize(
    ("node", "ready"),
    [
        pytest.param(reported("2026-01-01T12:00:06Z"), {"gpu-1"}, id="just said"),
        pytest.param(reported("2026-01-01T12:00:05Z"), {"gpu-1"}, id="same second"),
        pytest.param(reported("2026-01-01T12:00:04Z"), set(), id="said before"),
        pytest.param(reported("2026-01-01T12:00:06Z", "False"), set(), id="not ready"),
    ],
)
def test_what_a_kubelet_said_before_its_restart_does_not_count(node, ready):
    """The GPUs patched onto such a node would be zeroed when it registers."""
    assert nodes_ready([node], BEGAN) == ready


def test_a_file_is_replaced_at_once_and_private(tmp_path):
    path = tmp_path / "folder" / "secret"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / ".secret.new").write_text("left by a killed launcher")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o077 == 0
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_counts_as_not_written(tmp_path):
    """A machine that loses its power leaves files without content."""
    (tmp_path / "empty").touch()
    assert not is_written(tmp_path / "empty")
    assert not is_written(tmp_path / "absent")


def test_passwords_cut_short_are_made_anew(paths):
    paths.state.mkdir()
    (paths.state / "passwords.json").touch()
    assert platform.passwords(paths)["users"]


def test_a_second_launcher_is_told_who_is_at_work(tmp_path):
    lock = tmp_path / "lock"
    refused = pytest.raises(LauncherError, match="up, pid")
    with file_lock(lock, "up"), refused, file_lock(lock, "down"):
        pass
    with file_lock(lock, "down"):
        pass


def test_a_killed_launcher_s_lock_is_free(tmp_path):
    lock = tmp_path / "lock"
    text = (
        "import os, sys, pathlib; from mofang_local.locks import file_lock\n"
        "with file_lock(pathlib.Path(sys.argv[1]), 'up'): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", text, str(lock)], check=False)
    assert "up" in lock.read_text()
    with file_lock(lock, "down"):
        pass


def test_another_command_build_or_configuration_is_another_program(tmp_path):
    built = tmp_path / "built-1"
    built.touch(mode=0o755)
    link = tmp_path / "program"
    link.symlink_to(built)
    program = Program(name="x", command=(str(link), "--old"))
    found = {program.fingerprint}
    found.add(replace(program, command=(str(link), "--new")).fingerprint)
    found.add(replace(program, configuration="a: 1").fingerprint)
    newer = tmp_path / "built-2"
    newer.touch(mode=0o755)
    link.unlink()
    link.symlink_to(newer)
    found.add(program.fingerprint)
    assert len(found) == 4


def test_a_program_started_by_an_older_command_is_not_current(tmp_path):
    supervisor = Supervisor(tmp_path / "run", tmp_path / "logs")
    program = Program(name="sleeper", command=("sleep", "60"))
    supervisor.start(program)
    try:
        assert supervisor.is_current(program)
        assert not supervisor.is_current(replace(program, command=("sleep", "61")))
    finally:
        supervisor.stop("sleeper")
    assert not supervisor.is_current(program)


def test_a_program_that_ended_says_its_last_words_and_what_to_do(tmp_path):
    supervisor = Supervisor(tmp_path / "run", tmp_path / "logs")
    program = Program(
        name="etcd", command=("sh", "-c", "echo corrupt"), hint="Remove the folder."
    )
    supervisor.start(program)
    deadline = time.monotonic() + 60
    while supervisor.pid("etcd") and time.monotonic() < deadline:
        time.sleep(0.01)
    supervisor.stop("etcd")
    with pytest.raises(StartError, match=r"(?s)etcd ended.*corrupt.*Remove the folder"):
        supervisor.ensure_alive(program)


def test_a_program_that_ended_at_once_is_not_alive(tmp_path):
    """Its start time is unknown, and so is everybody else's who is gone."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    record = {"pid": gone.pid, "started": None}
    (tmp_path / "etcd.pid").write_text(json.dumps(record))
    supervisor = Supervisor(tmp_path, tmp_path)
    assert supervisor.pid("etcd") is None
    supervisor.stop("etcd")


def test_a_half_written_record_is_no_process(tmp_path):
    (tmp_path / "etcd.pid").write_text('{"pid": 1')
    assert Supervisor(tmp_path, tmp_path).pid("etcd") is None


def test_a_changed_kubelet_configuration_restarts_the_kubelet(paths):
    _, kubelet, _ = nodes.programs(paths, CPU_NODE)
    assert kubelet.configuration == nodes.kubelet_config(paths, CPU_NODE)
    changed = replace(kubelet, configuration="maxPods: 1")
    assert changed.fingerprint != kubelet.fingerprint


def test_a_taint_restarts_the_kubelet_alone(paths):
    """It is in the configuration of the kubelet, and in that of no other program."""
    tainted = replace(CPU_NODE, fake_gpus=1)
    before, after = (nodes.programs(paths, each) for each in (CPU_NODE, tainted))
    one, other = ([each.configuration for each in found] for found in (before, after))
    assert [a == b for a, b in zip(one, other, strict=True)] == [True, False, True]


@pytest.mark.parametrize(
    ("said", "passing"),
    [
        pytest.param(
            'failed calling webhook "rev.validation.istio.io"', True, id="webhook"
        ),
        pytest.param("no endpoints available for service", True, id="no pod yet"),
        pytest.param("values don't meet the schema", False, id="a wrong value"),
    ],
)
def test_only_a_webhook_that_is_not_up_yet_is_waited_for(said, passing):
    assert helm.is_passing(said) is passing


@pytest.fixture
def chart_tool(paths):
    """A helm that answers what the test wrote, and a kubectl that notes."""

    class Noting:
        calls: list[tuple[str, ...]]

        def __init__(self) -> None:
            self.calls = []

        def run(self, *arguments: str) -> str:
            self.calls.append(arguments)
            return ""

        def environment(self) -> dict[str, str]:
            return {"PATH": "/usr/bin:/bin"}

    def made(script: str) -> tuple[helm.Helm, Noting]:
        paths.programs.mkdir(parents=True)
        program = paths.programs / "helm"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        kubectl = Noting()
        return helm.Helm(paths, kubectl), kubectl

    return made


def test_a_release_left_pending_is_forgotten_first(chart_tool):
    """Helm refuses every later upgrade of a release whose helm was killed."""
    tool, kubectl = chart_tool("exit 0")
    tool.install("mofang", "chart", "mofang")
    assert kubectl.calls[0][:4] == ("delete", "secret", "-n", "mofang")
    assert "name=mofang" in kubectl.calls[0][-1]
    assert "pending-upgrade" in kubectl.calls[0][-1]


def test_helm_is_tried_again_while_a_webhook_starts(chart_tool, tmp_path):
    mark = tmp_path / "mark"
    tool, _ = chart_tool(
        f"test -e {mark} && exit 0; touch {mark}; echo failed calling webhook; exit 1"
    )
    tool.install("mofang", "chart", "mofang")
    assert mark.exists()


def test_helm_s_refusal_is_told_in_its_words(chart_tool):
    tool, _ = chart_tool("echo unknown key colour; exit 1")
    with pytest.raises(StartError, match="unknown key colour"):
        tool.install("mofang", "chart", "mofang")


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        pytest.param("go1.26.6\n", (1, 26, 6), id="Go"),
        pytest.param("v20.20.2\n", (20, 20, 2), id="Node"),
        pytest.param("devel", (), id="no number"),
    ],
)
def test_versions_are_read_as_programs_say_them(said, numbers):
    assert preflight.version(said) == numbers


def test_a_taken_port_is_refused_before_any_work(paths):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ours = platform.Platform(Cluster(paths, Progress()), port)
        with pytest.raises(PreflightError, match=f"Port {port} .* PORT="):
            ours.check_port()


def test_the_forwarder_of_an_older_version_keeps_its_port(paths, tmp_path):
    cluster = Cluster(paths, Progress())
    mark = tmp_path / "port"
    listen = (
        "import socket, sys, time, pathlib\n"
        "taken = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        f"pathlib.Path({str(mark)!r}).touch()\n"
        "time.sleep(600)"
    )
    port = free_port()
    older = ("python3", "-c", listen, str(port), f"TCP-LISTEN:{port},fork")
    cluster.supervisor.start(Program(name="forwarder", command=older))
    try:
        eventually(mark.exists, within=30, what="the port")
        platform.Platform(cluster, port).check_port()
        with socket.create_server(("127.0.0.1", 0)) as other:
            elsewhere = platform.Platform(cluster, other.getsockname()[1])
            with pytest.raises(PreflightError):
                elsewhere.check_port()
    finally:
        cluster.supervisor.stop("forwarder")


def test_facts_for_scripts_are_private(paths):
    platform.write_facts(paths, "http://127.0.0.1:8080")
    path = paths.state / "platform.json"
    assert set(json.loads(path.read_text())["users"]) == {"ada", "ben"}
    assert path.stat().st_mode & 0o077 == 0
