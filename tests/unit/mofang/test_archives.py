"""Which copies of code go, and which a job may still need."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mofang.archives import (
    archive_of,
    old_snapshots,
    remove_old_snapshots,
    use_snapshot,
)

OLD, USED, NEW = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def add(tmp_path):
    folder = archive_of("", tmp_path).parent
    folder.mkdir(parents=True)

    def add(name: str, days: float, *projects: str) -> Path:
        path = folder / name
        path.touch()
        for project in projects:
            use_snapshot(path.stem, project, tmp_path)
        age = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(path, (age, age))
        return path

    return add


def left(home: Path) -> set[Path]:
    return set(archive_of("", home).parent.iterdir())


def test_old_archives_go_with_their_marks_but_those_needed(tmp_path, add):
    add(f"{USED}.tar", 99, "vision")
    add(f"{NEW}.tar", 29, "vision")
    add("mine.tar", 99)
    add(".draft-now", 0.5)
    kept = left(tmp_path)
    add(f"{OLD}.tar", 31, "vision", "speech")
    add(".draft-left", 2)
    assert old_snapshots(tmp_path) == {USED: {"vision"}, OLD: {"vision", "speech"}}
    assert list(old_snapshots(tmp_path)) == [USED, OLD]
    assert remove_old_snapshots(tmp_path, {OLD, NEW}) == 2
    assert left(tmp_path) == kept


def test_nobody_knows_who_needs_what_has_no_mark(tmp_path, add):
    add(f"{OLD}.tar", 99)
    (archive_of("", tmp_path).parent / f"{OLD}.used-in.UP").touch()
    assert old_snapshots(tmp_path) == {}


def test_nobody_waits_for_many_old_archives(tmp_path, add):
    names = [f"{number:064x}" for number in range(60)]
    for number, name in enumerate(names):
        add(f"{name}.tar", 40 + number, "vision")
    removed = [remove_old_snapshots(tmp_path, names) for _ in range(3)]
    assert removed == [50, 10, 0]


def test_code_that_is_used_again_is_not_old(tmp_path, add):
    add(f"{OLD}.tar", 99, "vision")
    assert old_snapshots(tmp_path) == {OLD: {"vision"}}
    use_snapshot(OLD, "speech", tmp_path)
    assert old_snapshots(tmp_path) == {}
    assert remove_old_snapshots(tmp_path, {OLD}) == 0


def test_a_project_cannot_lead_elsewhere(tmp_path, add):
    add(f"{OLD}.tar", 1)
    before = left(tmp_path)
    use_snapshot(OLD, "../../x", tmp_path)
    assert left(tmp_path) == before


def test_what_cannot_be_removed_stays_without_a_word(tmp_path, add, monkeypatch):
    first = add(f"{USED}.tar", 99, "vision")
    add(f"{OLD}.tar", 98, "vision")
    unlink = Path.unlink

    def read_only(path, **options):
        if path == first:
            raise PermissionError(30, "Read-only file system")
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", read_only)
    assert remove_old_snapshots(tmp_path, {USED, OLD}) == 1
    assert set(old_snapshots(tmp_path)) == {USED}
