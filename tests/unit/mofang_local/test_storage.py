"""What people's files lie on is chosen once, and never changed by the way."""

from pathlib import Path
from typing import Any

import pytest

from mofang_local import storage
from mofang_local.errors import PreflightError, StartError
from mofang_local.local_paths import LocalPaths
from mofang_local.storage import StorageKind


@pytest.fixture
def found(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=tmp_path / "repository",
        cache=tmp_path / "cache",
        state=tmp_path / "state",
    )


def begin(found: LocalPaths) -> None:
    """Leave what a platform leaves that has run."""
    (found.state / "etcd").mkdir(parents=True)


def test_a_directory_is_the_default(found: LocalPaths) -> None:
    assert storage.choose(found, None) is StorageKind.LOCAL
    assert storage.root(found) == found.storage


def test_what_was_chosen_stays(found: LocalPaths) -> None:
    storage.choose(found, "ceph")
    begin(found)

    assert storage.choose(found, None) is StorageKind.CEPH
    assert storage.root(found) == storage.ceph_settings(found).operator_mount


@pytest.mark.parametrize(("first", "then"), [("local", "ceph"), ("ceph", "local")])
def test_a_platform_does_not_begin_again_without_its_files(
    found: LocalPaths, first: str, then: str
) -> None:
    storage.choose(found, first)
    begin(found)

    with pytest.raises(PreflightError, match=f"STORAGE={first}"):
        storage.choose(found, then)
    assert storage.kind_of(found) == first


def test_a_platform_from_before_the_choice_is_on_a_directory(
    found: LocalPaths,
) -> None:
    begin(found)

    with pytest.raises(PreflightError, match="STORAGE=local"):
        storage.choose(found, "ceph")


def test_one_that_never_ran_may_choose_again(found: LocalPaths) -> None:
    storage.choose(found, "ceph")

    assert storage.choose(found, "local") is StorageKind.LOCAL


class Namespaces:
    """kubectl: namespaces that are there, and what is deleted."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.deleted: list[str] = []

    def get(self, *_: str) -> dict[str, Any]:
        return {"items": [{"metadata": {"name": name}} for name in self.names]}

    def run(self, verb: str, _: str, name: str, *__: str) -> str:
        assert verb == "delete"
        self.deleted.append(name)
        return ""


@pytest.mark.parametrize(
    ("kind", "names", "deleted"),
    [
        pytest.param("local", ["ceph", "mofang"], 3, id="of an interrupted migration"),
        pytest.param("local", ["ceph-mounts"], 3, id="half removed"),
        pytest.param("local", ["mofang", "ceph-test"], 0, id="none of the platform's"),
        pytest.param("ceph", ["ceph", "ceph-mounts"], 0, id="in use"),
    ],
)
def test_a_ceph_that_no_files_are_on_ends_and_keeps_its_disk(
    found: LocalPaths, kind: str, names: list[str], deleted: int
) -> None:
    storage.record_kind(found, StorageKind(kind))
    data = storage.ceph_settings(found).data
    data.mkdir(parents=True)
    kubectl = Namespaces(*names)

    storage.end_unused_ceph(found, kubectl)  # type: ignore[arg-type] # as kubectl's

    assert len(kubectl.deleted) == deleted
    assert data.is_dir()


def migrated(found: LocalPaths) -> None:
    """Leave a local directory with files, and the record that they are on Ceph."""
    (found.storage / "users" / "ada").mkdir(parents=True)
    storage.record_kind(found, StorageKind.CEPH)


def test_files_that_were_migrated_make_way_and_come_back(found: LocalPaths) -> None:
    """Each step once, however often the platform is started."""
    migrated(found)
    for _ in range(2):
        storage.mount_root(found)
        assert not found.storage.exists()
        assert (found.former_storage / "users" / "ada").is_dir()

    found.storage.mkdir(mode=0o555)
    storage.record_kind(found, StorageKind.LOCAL)
    for _ in range(2):
        storage.mount_root(found)
        assert (found.storage / "users" / "ada").is_dir()
        assert not found.former_storage.exists()


def test_no_files_are_hidden_by_others(found: LocalPaths) -> None:
    migrated(found)
    (found.former_storage / "users").mkdir(parents=True)
    with pytest.raises(StartError, match="one of them is left from before"):
        storage.mount_root(found)

    storage.record_kind(found, StorageKind.LOCAL)
    with pytest.raises(StartError, match="Move away what is there"):
        storage.mount_root(found)
    assert (found.storage / "users" / "ada").is_dir()
    assert (found.former_storage / "users").is_dir()
