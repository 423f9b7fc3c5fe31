"""What `make up` starts anew when a new version would start programs otherwise."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mofang_local import cleanup, control_plane, network
from mofang_local import cluster as module
from mofang_local.cluster import Cluster
from mofang_local.local_paths import LocalPaths
from mofang_local.pki import Certificates
from mofang_local.processes import Program
from mofang_local.progress import Progress
from support.kubeadm import FakeKubeadm

NAMES = ("etcd", "kube-apiserver", "kube-scheduler")


class Changed(Exception):  # noqa: N818 - says what happened, is no error of ours
    """Everything was to be stopped."""


@pytest.fixture
def wanted() -> dict[str, Program]:
    """What would be started today; a test changes it."""
    return {name: Program(name=name, command=("sleep", "600")) for name in NAMES}


@pytest.fixture
def running(
    tmp_path: Path, wanted: dict[str, Program], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    def stop_everything(*_: object) -> None:
        raise Changed

    monkeypatch.setattr(module, "NODES", ())
    monkeypatch.setattr(module, "api_is_ready", lambda _: True)
    monkeypatch.setattr(control_plane, "programs", lambda _: tuple(wanted.values()))
    monkeypatch.setattr(network, "exists", lambda: True)
    monkeypatch.setattr(cleanup, "stop_everything", stop_everything)
    paths = LocalPaths(
        repository=tmp_path, cache=tmp_path / "cache", state=tmp_path / "state"
    )
    Certificates(paths, FakeKubeadm()).make()
    cluster = Cluster(paths, Progress())
    for program in wanted.values():
        cluster.supervisor.start(program)
    yield cluster
    for name in NAMES:
        cluster.supervisor.stop(name)


def pids(cluster: Cluster) -> dict[str, int | None]:
    return {name: cluster.supervisor.pid(name) for name in NAMES}


def change(wanted: dict[str, Program], name: str) -> None:
    wanted[name] = replace(wanted[name], command=("sleep", "601"))


def test_nothing_is_touched_where_nothing_changed(running):
    before = pids(running)
    running.start({})
    assert pids(running) == before


def test_pods_go_on_when_only_the_control_plane_changed(running, wanted):
    before = pids(running)
    change(wanted, "kube-apiserver")
    running.start({})
    after = pids(running)
    assert all(after.values())
    assert [name for name in NAMES if after[name] != before[name]] == ["kube-apiserver"]
    assert not running.stale()


def test_all_starts_anew_when_more_changed(running, wanted):
    change(wanted, "kube-apiserver")
    change(wanted, "etcd")
    with pytest.raises(Changed):
        running.start({})


def test_all_starts_anew_when_certificates_expire_soon(running):
    for path in running.paths.pki.rglob("*"):
        if path.is_file():
            path.unlink()
    Certificates(running.paths, FakeKubeadm(days=20)).make()
    with pytest.raises(Changed):
        running.start({})
