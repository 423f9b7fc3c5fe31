"""What `make up` starts anew when a new version would start programs otherwise."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mofang_local.cluster import Cluster, Host
from mofang_local.local_paths import LocalPaths
from mofang_local.pki import Certificates
from mofang_local.processes import Program
from mofang_local.progress import Progress
from support.kubeadm import FakeKubeadm

NAMES = ("etcd", "kube-apiserver", "kube-scheduler")


class Changed(Exception):  # noqa: N818 - says what happened, is no error of ours
    """Everything was to be stopped."""


class Pretended(Host):
    """Without nodes or network; its programs do nothing."""

    nodes = ()

    def __init__(self) -> None:
        self.programs = {
            name: Program(name=name, command=("sleep", "600")) for name in NAMES
        }

    def control_plane(self, _: LocalPaths) -> tuple[Program, ...]:
        return tuple(self.programs.values())

    def network_policies(self, _: LocalPaths) -> tuple[Program, ...]:
        return ()

    def is_up(self, _: LocalPaths) -> bool:
        return True

    def clear(self, *_: object) -> None:
        raise Changed


@pytest.fixture
def host() -> Pretended:
    return Pretended()


@pytest.fixture
def running(tmp_path: Path, host: Pretended) -> Iterator[Cluster]:
    paths = LocalPaths(
        repository=tmp_path, cache=tmp_path / "cache", state=tmp_path / "state"
    )
    Certificates(paths, FakeKubeadm()).make()
    cluster = Cluster(paths, Progress(), host)
    for program in host.programs.values():
        cluster.supervisor.start(program)
    yield cluster
    for name in NAMES:
        cluster.supervisor.stop(name)


def pids(cluster: Cluster) -> dict[str, int | None]:
    return {name: cluster.supervisor.pid(name) for name in NAMES}


def change(host: Pretended, name: str) -> None:
    """Have another command started today."""
    program = host.programs[name]
    host.programs[name] = replace(program, command=("sleep", "601"))


def test_nothing_is_touched_where_nothing_changed(running):
    before = pids(running)
    running.start({})
    assert pids(running) == before


def test_pods_go_on_when_only_the_control_plane_changed(running, host):
    before = pids(running)
    change(host, "kube-apiserver")
    running.start({})
    after = pids(running)
    assert all(after.values())
    assert [name for name in NAMES if after[name] != before[name]] == ["kube-apiserver"]
    assert not running.stale()


def test_all_starts_anew_when_more_changed(running, host):
    change(host, "kube-apiserver")
    change(host, "etcd")
    with pytest.raises(Changed):
        running.start({})


def test_all_starts_anew_when_certificates_expire_soon(running):
    for path in running.paths.pki.rglob("*"):
        if path.is_file():
            path.unlink()
    Certificates(running.paths, FakeKubeadm(days=20)).make()
    with pytest.raises(Changed):
        running.start({})
