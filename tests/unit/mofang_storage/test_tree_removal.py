"""Trees that users have made are removed in bounded steps, whatever they are like."""

import os
import resource
from pathlib import Path

import pytest

from mofang_storage.confined_fs import UnsafePathError, remove_folder
from support.plain_user import plain_directory, run_as_plain_user

DEPTH = 10_000


def make_deep(folder: Path, depth: int) -> None:
    """Make folders within folders, deeper than any path that can be written."""
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def remove_all(root: Path, name: str, *, entries: int, at_most: int) -> int:
    """Remove in steps; return how many there were."""
    for step in range(1, at_most + 1):
        if remove_folder(root, (name,), entries=entries):
            return step
    raise AssertionError(f"not removed in {at_most} steps")


def test_ten_thousand_levels_are_removed_with_few_files_open() -> None:
    """Python's own removal calls itself for each level, or opens each."""

    def work() -> None:
        make_deep(root / "job", DEPTH)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))

        # Each level is moved up and removed.
        remove_all(root, "job", entries=1000, at_most=2 * DEPTH // 1000 + 2)

        assert not (root / "job").exists()

    with plain_directory() as root:
        run_as_plain_user(work)


def test_a_step_removes_no_more_than_its_bound(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    for number in range(250):
        (folder / f"{number}.txt").touch()

    assert not remove_folder(tmp_path, ("job",), entries=100)
    assert len(list(folder.iterdir())) == 150
    assert not remove_folder(tmp_path, ("job",), entries=100)
    assert len(list(folder.iterdir())) == 50
    assert remove_folder(tmp_path, ("job",), entries=100)
    assert not folder.exists()


def test_a_wide_tree_is_removed(tmp_path: Path) -> None:
    for number in range(300):
        folder = tmp_path / "job" / f"{number:03}"
        folder.mkdir(parents=True)
        (folder / "file").touch()

    remove_all(tmp_path, "job", entries=200, at_most=8)

    assert not (tmp_path / "job").exists()


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o500, 0o300])
def test_folders_that_their_owner_has_closed_are_removed(mode: int) -> None:
    def work() -> None:
        inner = root / "job" / "outer" / "inner"
        inner.mkdir(parents=True)
        (inner / "file").touch()
        for each in (inner, inner.parent, root / "job"):
            each.chmod(mode)

        remove_all(root, "job", entries=100, at_most=2)

        assert not (root / "job").exists()

    with plain_directory() as root:
        run_as_plain_user(work)


def test_an_empty_folder_of_another_user_is_removed() -> None:
    """The kubelet makes one, as root, for a container that starts late."""
    if os.geteuid():
        pytest.skip("only root makes folders of another user")

    def work() -> None:
        assert remove_folder(root, ("job",))
        assert not (root / "job").exists()

    with plain_directory() as root:
        (root / "job").mkdir(mode=0o700)
        run_as_plain_user(work)


def test_nothing_outside_is_removed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "job" / "a" / "b"
    folder.mkdir(parents=True)
    outside.mkdir()
    (outside / "kept").touch()
    for each in (folder, folder.parent, tmp_path / "job"):
        (each / "link").symlink_to(outside)
        (each / "up").symlink_to("../../..")
        os.mkfifo(each / "pipe")

    remove_all(tmp_path, "job", entries=100, at_most=2)

    assert (outside / "kept").exists()
    assert not (tmp_path / "job").exists()


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_folder_goes_by_itself(tmp_path: Path, kind: str) -> None:
    (tmp_path / "kept").mkdir()
    if kind == "link":
        (tmp_path / "job").symlink_to(tmp_path / "kept")
    else:
        (tmp_path / "job").touch()

    assert remove_folder(tmp_path, ("job",))

    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\0b"])
def test_names_that_are_no_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafePathError):
        remove_folder(tmp_path, (name,))
