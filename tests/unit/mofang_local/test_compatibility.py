"""What another version of the platform left is migrated or refused, never half."""

import os
import stat
from pathlib import Path

import pytest

from mofang_local import compatibility
from mofang_local.errors import PreflightError
from mofang_local.local_paths import LocalPaths


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=tmp_path, cache=tmp_path / "c", state=tmp_path / "state"
    )


@pytest.fixture
def left(paths):
    """Return a function: leave a state of a version."""

    def leave(version: int | None) -> None:
        (paths.state / "etcd").mkdir(parents=True)
        if version is not None:
            (paths.state / "version").write_text(f"{version}\n")

    return leave


def recorded(paths: LocalPaths) -> str:
    return (paths.state / "version").read_text().strip()


def test_a_first_start_records_its_version(paths):
    compatibility.ensure(paths)

    assert recorded(paths) == str(compatibility.VERSION)


@pytest.mark.parametrize("version", [None, 1])
def test_each_migration_runs_in_its_turn(paths, left, version):
    """A state without a record is of the first version."""
    left(version)
    ran: list[str] = []
    migrations = {1: lambda _: ran.append("1"), 2: lambda _: ran.append("2")}

    compatibility.ensure(paths, version=3, migrations=migrations)

    assert ran == ["1", "2"]
    assert recorded(paths) == "3"


def test_a_newer_state_is_refused_with_what_to_do(paths, left):
    left(compatibility.VERSION + 1)

    with pytest.raises(PreflightError, match=r"newer version of Mofang.*make clean"):
        compatibility.ensure(paths)

    assert recorded(paths) == str(compatibility.VERSION + 1)


@pytest.mark.parametrize("version", [None, 1])
def test_a_state_with_the_former_names_of_labels_and_fields_is_refused(
    paths, left, version
):
    left(version)

    with pytest.raises(PreflightError, match=r"state 1\), which this one .*make clean"):
        compatibility.ensure(paths)


def test_a_state_that_nothing_migrates_is_refused_whole(paths, left):
    """No migration runs where a later one is missing."""
    left(1)
    ran: list[str] = []
    migrations = {1: lambda _: ran.append("1")}

    with pytest.raises(PreflightError, match="older version of Mofang"):
        compatibility.ensure(paths, version=3, migrations=migrations)

    assert ran == []
    assert recorded(paths) == "1"


def test_logs_leave_the_directories_that_members_share(paths, left):
    """And homes are closed; nothing else that members have put there is touched."""
    left(2)
    outside = paths.state / "outside"
    (outside / "train-abc123").mkdir(parents=True)
    projects, users = paths.storage / "projects", paths.storage / "users"
    kept = projects / "vision" / ".mofang" / "logs"
    for name in ("train-abc123", "Notes of ada"):
        (kept / name).mkdir(parents=True)
        (kept / name / "file.log").write_text(name)
    (kept / "link-abc123").symlink_to(outside)
    (projects / "speech" / ".mofang").mkdir(parents=True)
    (projects / "speech" / ".mofang" / "logs").symlink_to(outside)
    (projects / "audio").mkdir()
    (users / "ada").mkdir(parents=True)
    (users / "ada").chmod(0o777)

    compatibility.ensure(paths)

    logs = paths.storage / "logs"
    moved = logs / "vision" / "train-abc123"
    assert (moved / "file.log").read_text() == "train-abc123"
    assert [each.name for each in logs.iterdir()] == ["vision"]
    assert [each.name for each in (logs / "vision").iterdir()] == ["train-abc123"]
    assert {each.name for each in kept.iterdir()} == {"Notes of ada", "link-abc123"}
    assert (outside / "train-abc123").is_dir()
    assert mode_of(moved) == mode_of(users / "ada") == 0o770
    assert mode_of(logs) == mode_of(logs / "vision") == mode_of(users) == 0o711
    assert moved.stat().st_uid == (1000 if os.geteuid() == 0 else os.geteuid())
    assert recorded(paths) == "3"


def test_a_migration_of_logs_that_was_interrupted_is_finished(paths, left):
    left(2)
    kept = paths.storage / "projects" / "vision" / ".mofang" / "logs"
    (kept / "second-abc123").mkdir(parents=True)
    moved = paths.storage / "logs" / "vision" / "first-abc123"
    moved.mkdir(parents=True)
    (moved / "file.log").write_text("x")

    compatibility.ensure(paths)

    names = {each.name for each in moved.parent.iterdir()}
    assert names == {"first-abc123", "second-abc123"}
    assert (moved / "file.log").read_text() == "x"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
