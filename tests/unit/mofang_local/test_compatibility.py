"""What another version of the platform left is migrated or refused, never half."""

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
