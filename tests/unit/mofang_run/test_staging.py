import os
import threading
from pathlib import Path

import pytest

from mofang_run.setup.staging import Copier


@pytest.fixture
def copier(tmp_path):
    for name in ("source", "target"):
        (tmp_path / name).mkdir()
    return Copier("digits-worker-0", tmp_path / "source", tmp_path / "target")


def copy(copier) -> int:
    before = copier.files
    for _ in copier.steps():
        pass
    return copier.files - before


def test_only_new_and_changed_files_are_copied(copier, tmp_path):
    (tmp_path / "source" / "a").write_text("1")
    (tmp_path / "source" / "b").write_text("1")
    assert copy(copier) == 2
    assert copy(copier) == 0
    (tmp_path / "source" / "a").write_text("22")
    assert copy(copier) == 1
    assert (tmp_path / "target" / "a").read_text() == "22"


def test_what_is_removed_stays_where_it_was_copied_to(copier, tmp_path):
    (tmp_path / "source" / "a").write_text("1")
    copy(copier)
    (tmp_path / "source" / "a").unlink()
    copy(copier)
    assert (tmp_path / "target" / "a").read_text() == "1"


def test_a_wrapper_that_is_started_again_does_not_copy_all_again(copier, tmp_path):
    (tmp_path / "source" / "a").write_text("1")
    copy(copier)
    again = Copier("digits-worker-0", tmp_path / "source", tmp_path / "target")
    assert copy(again) == 0


def test_nothing_of_ours_is_left_beside_the_files(copier, tmp_path):
    (tmp_path / "source" / "a").write_text("1")
    copy(copier)
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["a"]


def test_a_reader_sees_the_old_file_or_the_new_one_and_never_half(copier, tmp_path):
    source, target = tmp_path / "source" / "a", tmp_path / "target" / "a"
    contents = {bytes([n]) * 3_000_000 for n in range(65, 69)}
    source.write_bytes(b"A" * 3_000_000)
    copy(copier)
    torn, ended = [], threading.Event()

    def read() -> None:
        while not ended.is_set():
            if (seen := target.read_bytes()) not in contents:
                torn.append(len(seen))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(40):
        source.write_bytes(bytes([65 + turn % 4]) * 3_000_000)
        os.utime(source, ns=(turn, turn))
        copy(copier)
    ended.set()
    reader.join()
    assert torn == []


def test_a_file_that_is_being_written_is_left_for_the_next_time(
    copier, tmp_path, monkeypatch
):
    source = tmp_path / "source" / "a"
    source.write_text("begun")
    real = Path.lstat

    def growing(path):
        state = real(path)
        if path == source:
            with source.open("a") as file:
                file.write("!")
        return state

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", growing)
        for _ in copier.steps(is_last=False):
            pass
    assert not (tmp_path / "target" / "a").exists()
    assert copy(copier) == 1


def test_pipes_and_sockets_are_passed_over(copier, tmp_path):
    os.mkfifo(tmp_path / "source" / "pipe")
    (tmp_path / "source" / "a").write_text("1")
    assert copy(copier) == 1
    assert copier.failed == 0


def test_a_failure_is_told_once_and_the_rest_is_copied(copier, tmp_path):
    (tmp_path / "source" / "a").write_text("1")
    (tmp_path / "source" / "b").write_text("1")
    (tmp_path / "target" / "a").mkdir()
    assert copy(copier) == 1
    assert copier.failed == 1
    assert len(copier.take_complaints()) == 1
    copy(copier)
    assert list(copier.take_complaints()) == []
    assert (tmp_path / "target" / "b").exists()


def test_what_is_removed_while_copying_is_not_missed(copier, tmp_path):
    """Other replicas and people work there too; only the whole tree must stay."""
    (tmp_path / "source" / "a").write_text("1")
    (tmp_path / "source" / "deep").mkdir()
    steps = copier.steps()
    next(steps)
    (tmp_path / "source" / "deep").rmdir()
    assert list(steps) == []
    assert copier.failed == 0


def test_a_tree_that_is_gone_is_a_failure(copier, tmp_path):
    (tmp_path / "source").rmdir()
    assert copy(copier) == 0
    assert copier.failed == 1
