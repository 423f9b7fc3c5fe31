"""Files move between kinds of storage, whoever is in the way and whatever fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mofang_local import services, storage
from mofang_local.errors import PreflightError
from mofang_local.local_paths import LocalPaths
from mofang_local.migration import Migration
from mofang_local.progress import Progress
from mofang_local.storage import StorageKind
from mofang_local.tree_copy import CopyError
from support.full_disk import run_on_small_disk

SERVICES = ("hub", "reconciler", "training", "static")


class Kubernetes:
    """The platform's deployments and pods, as kubectl shows them."""

    def __init__(self) -> None:
        self.replicas = dict.fromkeys((*SERVICES, "other"), 1)
        self.pods: list[tuple[str, str, str]] = []
        """Namespace, name and phase of each in projects."""
        self.when_stopped: Callable[[], None] = lambda: None

    def get(self, kind: str, *_: str) -> dict[str, Any]:
        if kind == "deployments":
            return {
                "items": [
                    {"metadata": {"name": name}, "spec": {"replicas": replicas}}
                    for name, replicas in self.replicas.items()
                ]
            }
        own = [
            (services.NAMESPACE, name, "Running")
            for name in SERVICES
            if self.replicas[name]
        ]
        if _ == ("-A",):
            own += self.pods
        return {
            "items": [
                {
                    "metadata": {"namespace": namespace, "name": name},
                    "status": {"phase": phase},
                }
                for namespace, name, phase in own
            ]
        }

    def run(self, *arguments: str) -> str:
        verb, *names, replicas = arguments
        assert verb == "scale"
        for name in set(names) & set(self.replicas):
            self.replicas[name] = int(replicas.removeprefix("--replicas="))
        if replicas == "--replicas=0":
            self.when_stopped()
        return ""


class Cluster:
    """A running platform."""

    def __init__(self, paths: LocalPaths) -> None:
        self.paths = paths
        self.progress = Progress()
        self.kubectl = Kubernetes()
        self.running = True

    def is_running(self) -> bool:
        return self.running


class Ceph:
    """A file system of its own, which is a directory here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended = False

    def start(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        return self.folder

    find = start

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    paths = LocalPaths(
        repository=tmp_path / "repository",
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )
    home = paths.storage / "users" / "ada"
    home.mkdir(parents=True)
    (home / "train.py").write_text("print()")
    storage.record_kind(paths, StorageKind.LOCAL)
    return Cluster(paths)


@pytest.fixture
def ceph(tmp_path: Path) -> Ceph:
    return Ceph(tmp_path / "ceph")


def migrate(cluster: Cluster, to: StorageKind, ceph: Ceph) -> Path:
    return Migration(cluster, to, ceph).run()  # type: ignore[arg-type] # as theirs


def test_files_move_to_ceph_and_back_with_what_changed_since(
    cluster: Cluster, ceph: Ceph
) -> None:
    left = migrate(cluster, StorageKind.CEPH, ceph)

    assert storage.kind_of(cluster.paths) is StorageKind.CEPH
    assert (ceph.folder / "users" / "ada" / "train.py").read_text() == "print()"
    assert (left / "users" / "ada" / "train.py").read_text() == "print()"
    # The start that follows mounts Ceph here, and starts them on it.
    assert not cluster.paths.storage.exists()
    assert cluster.kubectl.replicas == dict.fromkeys(SERVICES, 0) | {"other": 1}

    services.start(cluster.kubectl)  # type: ignore[arg-type] # as kubectl's
    (ceph.folder / "users" / "ada" / "train.py").write_text("print(2)")
    (ceph.folder / "users" / "ben").mkdir()
    left = migrate(cluster, StorageKind.LOCAL, ceph)

    assert storage.kind_of(cluster.paths) is StorageKind.LOCAL
    users = cluster.paths.storage / "users"
    assert (users / "ada" / "train.py").read_text() == "print(2)"
    assert (users / "ben").is_dir()
    assert left == ceph.folder
    assert ceph.ended


def test_it_goes_back_where_the_former_files_were_removed(
    cluster: Cluster, ceph: Ceph
) -> None:
    left = migrate(cluster, StorageKind.CEPH, ceph)
    left.rename(left.with_name("elsewhere"))

    migrate(cluster, StorageKind.LOCAL, ceph)

    home = cluster.paths.storage / "users" / "ada"
    assert (home / "train.py").read_text() == "print()"


@pytest.mark.parametrize("phase", ["Running", "Pending", "Unknown"])
def test_servers_and_jobs_are_in_the_way(
    cluster: Cluster, ceph: Ceph, phase: str
) -> None:
    cluster.kubectl.pods = [
        ("mofang-project-vision", "jupyter-ada", phase),
        ("mofang-project-vision", "ended", "Succeeded"),
        ("kube-system", "coredns", "Running"),
    ]

    with pytest.raises(PreflightError, match=r": vision/jupyter-ada\. Stop"):
        migrate(cluster, StorageKind.CEPH, ceph)

    assert set(cluster.kubectl.replicas.values()) == {1}
    assert not ceph.folder.exists()


def test_of_many_pods_some_are_named(cluster: Cluster, ceph: Ceph) -> None:
    cluster.kubectl.pods = [
        ("mofang-project-vision", f"pod-{number}", "Running") for number in range(8)
    ]

    with pytest.raises(PreflightError, match="vision/pod-4 and 3 more"):
        migrate(cluster, StorageKind.CEPH, ceph)


def test_a_server_that_starts_meanwhile_keeps_its_files(
    cluster: Cluster, ceph: Ceph
) -> None:
    pod = ("mofang-project-vision", "jupyter-ada", "Running")
    cluster.kubectl.when_stopped = lambda: cluster.kubectl.pods.append(pod)

    with pytest.raises(PreflightError, match="vision/jupyter-ada"):
        migrate(cluster, StorageKind.CEPH, ceph)

    assert set(cluster.kubectl.replicas.values()) == {1}
    assert storage.kind_of(cluster.paths) is StorageKind.LOCAL
    assert not list(ceph.folder.iterdir())


def test_a_platform_that_does_not_run_is_refused(cluster: Cluster, ceph: Ceph) -> None:
    cluster.running = False
    with pytest.raises(PreflightError, match="run `make up` first"):
        migrate(cluster, StorageKind.CEPH, ceph)


def test_what_is_there_already_is_said(cluster: Cluster, ceph: Ceph) -> None:
    with pytest.raises(PreflightError, match="STORAGE=local already"):
        migrate(cluster, StorageKind.LOCAL, ceph)


def test_a_copy_that_fails_leaves_everything_as_it_was(
    cluster: Cluster, ceph: Ceph
) -> None:
    def lose() -> None:
        ceph.folder.rmdir()
        ceph.folder.write_text("not mounted")

    cluster.kubectl.when_stopped = lose
    with pytest.raises(CopyError, match="goes on from here"):
        migrate(cluster, StorageKind.CEPH, ceph)

    assert set(cluster.kubectl.replicas.values()) == {1}
    assert storage.kind_of(cluster.paths) is StorageKind.LOCAL
    assert (cluster.paths.storage / "users" / "ada" / "train.py").exists()

    ceph.folder.unlink()
    cluster.kubectl.when_stopped = lambda: None
    migrate(cluster, StorageKind.CEPH, ceph)
    assert (ceph.folder / "users" / "ada" / "train.py").read_text() == "print()"


def test_a_target_without_room_is_refused(tmp_path: Path) -> None:
    script = """
from mofang_local.errors import PreflightError
from mofang_local.migration import check_room
source = DISK.parent / "source"
source.mkdir()
check_room(source, DISK)
(source / "large").write_bytes(bytes(300_000))
try:
    check_room(source, DISK)
except PreflightError as error:
    print(error)
"""
    folder = tmp_path / "disk"
    folder.mkdir()

    said = run_on_small_disk(script, folder)

    assert "The files need 0.0 GiB" in said
    assert "Delete files, or make room there." in said


@pytest.mark.parametrize(
    ("url", "to", "says"),
    [
        ("", "ceph", "`make up STORAGE=ceph` begins with that"),
        ("http://mofang.localhost:8090", "ceph", "run `make up` first"),
        ("http://mofang.localhost:8090", "local", "STORAGE=local already"),
        ("http://mofang.localhost:8090", "", "invalid choice"),
    ],
)
def test_the_command_says_what_to_do_first(
    tmp_path: Path, url: str, to: str, says: str
) -> None:
    state = tmp_path / "state" / "mofang" / "local"
    state.mkdir(parents=True)
    if url:
        (state / "platform.json").write_text(json.dumps({"url": url}))

    done = subprocess.run(
        [sys.executable, "-m", "mofang_local", "migrate", "--to", to],
        env={
            **os.environ,
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in {1, 2}
    assert says in done.stderr
    assert "Traceback" not in done.stderr
