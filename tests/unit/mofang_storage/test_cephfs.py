"""CephFS' class, against a directory that has its attributes; Ceph has its own tests.

``.snap`` is an ordinary directory here, so a snapshot is what a test puts there.
"""

import errno
import os

import pytest

from mofang_kube.names import UID
from mofang_storage.base import DirectoryError, Quota, Snapshot, StorageDirectory, Usage
from mofang_storage.cephfs import Attributes, CephFsStorage

HOME = StorageDirectory(("users", "ada"), 0o770, keep_mode=True)
DAILY = "mofang-daily-20261130T000000Z"
HOURLY = "_mofang-hourly-20261130T040000Z_1099511627776"


class FakeAttributes(dict):
    """Attributes by inode and name."""

    def __init__(self):
        super().__init__()
        self.writes = []

    def get_attribute(self, folder, name):
        try:
            return str(self[os.fstat(folder).st_ino, name]).encode()
        except KeyError:
            raise OSError(errno.ENODATA, "No data available") from None

    def set_attribute(self, folder, name, value):
        self.writes.append((name, value))
        self[os.fstat(folder).st_ino, name] = int(value)

    def of(self, path):
        inode = path.stat().st_ino
        return {name: value for (each, name), value in self.items() if each == inode}


@pytest.fixture
def attributes():
    return FakeAttributes()


@pytest.fixture
def root(tmp_path):
    (tmp_path / "users" / "ada" / ".snap").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def storage(root, attributes):
    functions = Attributes(get=attributes.get_attribute, set=attributes.set_attribute)
    return CephFsStorage(root, UID, attributes=functions)


def test_a_quota_is_set_changed_and_taken_away(storage, root, attributes):
    home = root / "users" / "ada"
    for quota, expected in (
        (Quota(bytes=1000, files=10), (1000, 10)),
        (Quota(bytes=2000), (2000, 0)),
        (Quota(), (0, 0)),
    ):
        storage.ensure(HOME, quota)
        found = attributes.of(home)
        limits = [found.get(f"ceph.quota.{each}", 0) for each in _LIMITS]
        assert tuple(limits) == expected


_LIMITS = ("max_bytes", "max_files")


def test_a_quota_that_is_as_it_should_be_is_not_written(storage, attributes):
    storage.ensure(HOME, Quota(bytes=1000))
    attributes.writes.clear()

    storage.ensure(HOME, Quota(bytes=1000))

    assert attributes.writes == []


def test_usage_is_what_the_file_system_counts(storage, root, attributes):
    inode = (root / "users" / "ada").stat().st_ino
    attributes[inode, "ceph.dir.rbytes"] = 5_000_000
    attributes[inode, "ceph.dir.rentries"] = 1030

    assert storage.usage(HOME) == Usage(bytes=5_000_000, files=1029)


def test_snapshots_of_the_directory_and_of_those_above_are_listed(storage, root):
    for name in (
        DAILY,
        HOURLY,
        "by-hand",
        "_other_12",
        "mofang-daily-20269999T000000Z",
    ):
        (root / "users" / "ada" / ".snap" / name).mkdir()

    found = storage.list(HOME)

    assert [(each.name, each.own) for each in found] == [(HOURLY, False), (DAILY, True)]
    assert all(isinstance(each, Snapshot) for each in found)


def test_a_snapshot_is_made_once_and_removed_once(storage, root):
    snapshots = root / "users" / "ada" / ".snap"
    for _ in range(2):
        storage.snapshot(HOME, DAILY)
        assert [each.name for each in snapshots.iterdir()] == [DAILY]
    for _ in range(2):
        storage.remove(HOME, DAILY)
        assert list(snapshots.iterdir()) == []


@pytest.mark.parametrize("name", ["..", "a/b", "by-hand", HOURLY, ""])
def test_only_snapshots_of_the_platform_are_made_and_removed(storage, root, name):
    (root / "users" / "ada" / ".snap" / "by-hand").mkdir()
    for act in (storage.snapshot, storage.remove):
        with pytest.raises(DirectoryError, match="names no snapshot"):
            act(HOME, name)
    assert (root / "users" / "ada" / ".snap" / "by-hand").is_dir()
