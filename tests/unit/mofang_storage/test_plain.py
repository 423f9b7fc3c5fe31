"""A plain file system: directories with owner and mode, counted up to a limit."""

import os
import stat
import sys

import pytest

from mofang_kube.names import UID
from mofang_storage.base import DirectoryError, Quota, StorageDirectory, Usage
from mofang_storage.confined_fs import UnsafePathError
from mofang_storage.plain import PlainStorage

HOME = StorageDirectory(("users", "ada"), 0o770, keep_mode=True)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "users").mkdir()
    return tmp_path


@pytest.fixture
def storage(root):
    return PlainStorage(root, UID)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_is_made_with_its_owner_and_mode(storage, root):
    storage.ensure(HOME, Quota(bytes=1))

    found = (root / "users" / "ada").stat()
    assert stat.S_IMODE(found.st_mode) == 0o770
    if os.geteuid() == 0:
        assert (found.st_uid, found.st_gid) == (UID, UID)


def test_one_that_a_killed_process_has_begun_is_finished(storage, root):
    """Killed after each step: nobody could write there, for all time."""
    project = StorageDirectory(("users", "vision"), 0o770)
    made = root / "users" / "vision"
    steps = set()

    def stop(event, arguments):
        if steps and event == steps.copy().pop() and made.exists():
            steps.clear()
            raise InterruptedError

    sys.addaudithook(stop)
    for step in ("os.chown", "os.chmod"):
        if step == "os.chown" and os.geteuid():
            continue
        steps.add(step)
        with pytest.raises(InterruptedError):
            storage.ensure(project)
        assert made.is_dir()
        assert mode_of(made) != project.mode

        storage.ensure(project)

        assert mode_of(made) == project.mode
        if os.geteuid() == 0:
            assert made.stat().st_uid == UID
        made.rmdir()


@pytest.mark.parametrize("mode", [0o777, 0o700, 0o755])
def test_one_that_is_there_is_closed_and_keeps_its_files(storage, root, mode):
    home = root / "users" / "ada"
    home.mkdir()
    home.chmod(mode)
    (home / "train.py").write_text("1")

    storage.ensure(HOME)

    assert mode_of(home) == 0o770
    assert (home / "train.py").read_text() == "1"


def test_what_is_above_is_not_made(storage):
    """Its mode would be wrong, and of a storage that is away nothing is left."""
    with pytest.raises(FileNotFoundError):
        storage.ensure(StorageDirectory(("projects", "vision"), 0o770))


def test_a_link_in_its_place_is_not_followed(storage, root):
    other = root / "other"
    other.mkdir(mode=0o777)
    other.chmod(0o777)
    (root / "users" / "ada").symlink_to(other)

    with pytest.raises(UnsafePathError):
        storage.ensure(HOME)

    assert mode_of(other) == 0o777


def test_what_it_takes_is_counted_and_nothing_is_followed(storage, root):
    home = root / "users" / "ada"
    (home / "deep").mkdir(parents=True)
    (home / "deep" / "model.pt").write_bytes(b"x" * 100_000)
    os.link(home / "deep" / "model.pt", home / "again.pt")
    (root / "elsewhere").write_bytes(b"x" * 10_000_000)
    (home / "link").symlink_to(root / "elsewhere")
    (home / "up").symlink_to("..")

    found = storage.usage(HOME)

    assert found.complete
    assert found.files == 5
    assert 100_000 <= found.bytes < 200_000


def test_a_count_ends_at_its_limit_and_says_so(root):
    home = root / "users" / "ada"
    home.mkdir()
    for each in range(20):
        (home / str(each)).write_text("x")

    found = PlainStorage(root, UID, entries=10).usage(HOME)

    assert (found.files, found.complete) == (10, False)


def test_a_count_that_takes_too_long_ends(root):
    (root / "users" / "ada" / "a").mkdir(parents=True)

    found = PlainStorage(root, UID, seconds=-1).usage(HOME)

    assert found == Usage(bytes=0, files=0, complete=False)


def test_folders_within_folders_end_a_count(storage, root):
    home = root / "users" / "ada"
    home.mkdir()
    here = os.open(home, os.O_RDONLY)
    for _ in range(500):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)

    assert not storage.usage(HOME).complete


def test_there_are_no_quotas_and_no_snapshots_and_it_says_so(storage):
    assert not storage.enforces_quotas
    assert not storage.keeps_snapshots
    assert storage.list(HOME) == []
    for refused in (
        lambda: storage.snapshot(HOME, "mofang-daily-20261130T000000Z"),
        lambda: storage.remove(HOME, "mofang-daily-20261130T000000Z"),
    ):
        with pytest.raises(DirectoryError, match="has no snapshots"):
            refused()
