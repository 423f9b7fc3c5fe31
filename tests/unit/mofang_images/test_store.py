import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from mofang_images.store import Store, default_folder


def add_archive(store: Store, name: str, tag: str, age: int):
    archive = store.archive(name, tag)
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.touch()
    os.utime(archive, (1000 - age, 1000 - age))
    return archive


def test_the_newest_two_archives_of_a_name_stay(store):
    current = add_archive(store, "base", "d", age=1)
    previous = add_archive(store, "base", "c", age=2)
    old = [add_archive(store, "base", tag, age) for tag, age in [("b", 3), ("a", 4)]]

    assert store.trim(current, "base") == old

    assert sorted(current.parent.iterdir()) == sorted([current, previous])


def test_an_archive_just_asked_for_stays_however_old_it_is(store):
    current = add_archive(store, "base", "a", age=9)
    add_archive(store, "base", "b", age=2)
    add_archive(store, "base", "c", age=1)

    store.trim(current, "base")

    assert current.exists()


def test_an_image_whose_name_begins_alike_is_left_alone(store):
    current = add_archive(store, "pytorch", "a", age=1)
    others = [add_archive(store, "pytorch-gpu", tag, age=5) for tag in "abc"]

    store.trim(current, "pytorch")

    assert all(other.exists() for other in others)


def test_what_failed_half_way_is_never_found(store):
    target = store.archive("base", "a")

    def interrupted():
        with store.finished(target) as unfinished:
            unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert list(target.parent.iterdir()) == []


def test_scratch_folders_are_private_and_go(store):
    with store.scratch("base") as scratch:
        assert scratch.stat().st_mode & 0o777 == 0o700
        (scratch / "host").mkdir()

    assert not scratch.exists()


def test_the_person_chooses_where_caches_are(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert default_folder() == tmp_path / "mofang" / "images"


def test_leftovers_of_killed_programs_are_swept(store):
    """Nothing can be cleaned up by a program at the moment it is killed."""
    with subprocess.Popen(["true"]) as process:
        pass
    archives, work = store.folder / "archives", store.folder / "work"
    dead = [
        archives / f".base-1.tar.{process.pid}",
        work / f"hub-{process.pid}" / "context",
    ]
    alive = [archives / f".hub-1.tar.{os.getpid()}", archives / "base-1.tar"]
    for each in (*dead, *alive):
        each.parent.mkdir(parents=True, exist_ok=True)
        each.touch()

    store.sweep()

    assert not any(each.exists() for each in dead)
    assert all(each.exists() for each in alive)


def test_builds_of_different_things_do_not_wait_for_each_other(store):
    with store.locked("hub"), store.locked("wheel-extensions/client"):
        pass


def test_a_thing_is_made_by_one_process_at_a_time(store, capsys):
    order = []

    def second():
        with store.locked("base"):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with store.locked("base"):
            waiting = pool.submit(second)
            # It says so before it waits, and cannot get further than that.
            said = ""
            while "Waiting for another build of base" not in said:
                assert not waiting.done()
                said += capsys.readouterr().err
            order.append("first")
        waiting.result(timeout=60)

    assert order == ["first", "second"]


def test_nothing_is_tidied_while_a_build_goes_on(store):
    with store.building(), store.collecting() as is_alone:
        assert not is_alone

    with store.collecting() as is_alone:
        assert is_alone
