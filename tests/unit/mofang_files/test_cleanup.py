"""Cleaning a home up and taking it back: on real directories."""

import asyncio
import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from unit.mofang_files.cleaned_home import PIP, SNAPSHOT, make_home

from mofang_files.cleaned_root import CleanedRoot
from mofang_files.cleanup import Cleaner, ItemChangedError
from mofang_files.errors import AbsentError, FilesError
from mofang_files.hub import NoSnapshotError
from mofang_files.records import Mode


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path)


async def test_what_takes_the_space_is_told_with_what_may_go(home):
    home.write("runs/checkpoint-5/model.safetensors", 500_000)

    answer = await home.cleaner.list_items()

    checkpoint, pip = answer["items"]
    assert (checkpoint["kind"], checkpoint["preselected"]) == ("checkpoint", False)
    assert (pip["kind"], pip["preselected"]) == ("package_cache", True)
    assert (checkpoint["in_use"], pip["in_use"]) == ("recent", "")
    assert pip["used"].endswith("+00:00")
    assert answer["directories"][0]["path"].endswith("/home/runs")
    assert answer["complete"]
    assert not answer["keeps_snapshots"]
    assert answer["last"] is None


async def test_what_a_process_has_open_is_told_and_not_chosen(home):
    with (home.path / PIP / "wheels" / "a.whl").open("rb"):
        (pip,) = (await home.cleaner.list_items())["items"]

    assert (pip["in_use"], pip["preselected"]) == ("open", False)


async def test_a_clean_up_is_undone_from_the_snapshot_before_it(home):
    wheel = home.path / PIP / "wheels" / "a.whl"
    wheel.chmod(0o640)
    os.utime(wheel, (1, 1_000))
    (wheel.parent / "link").symlink_to("/etc/passwd")

    done = await home.clean(Mode.SNAPSHOT, PIP)

    assert not (home.path / PIP).exists()
    assert (home.path / "work/train.py").exists()
    assert 300_000 <= done["bytes"] < 400_000
    assert (done["removed"], done["skipped"]) == (1, [])
    assert (await home.cleaner.list_items())["last"]["undo"] == done["undo"]

    undone = await home.cleaner.undo(done["undo"])

    assert undone == {"restored": 1, "skipped": []}
    assert wheel.stat().st_size == 300_000
    assert (wheel.stat().st_mode & 0o777, wheel.stat().st_mtime) == (0o640, 1_000)
    assert (wheel.parent / "link").readlink() == Path("/etc/passwd")
    assert {each.name for each in (home.path / ".cache").iterdir()} == {"pip"}
    with pytest.raises(AbsentError, match="Previous Versions"):
        await home.cleaner.undo(done["undo"])


async def test_an_undo_overwrites_nothing_that_is_there_again(home):
    home.write(f"{PIP}/wheels/b.whl")
    home.write("last.ckpt")
    done = await home.clean(Mode.SNAPSHOT, PIP, "last.ckpt")
    home.write(f"{PIP}/wheels/a.whl", 7)
    home.write("last.ckpt", 8)

    undone = await home.cleaner.undo(done["undo"])

    assert undone["restored"] == 1
    assert [each["path"] for each in undone["skipped"]] == ["last.ckpt"]
    assert "there again" in undone["skipped"][0]["reason"]
    sizes = {
        each.name: each.stat().st_size for each in (home.path / PIP).rglob("*.whl")
    }
    assert (sizes["a.whl"], sizes["b.whl"]) == (7, 1_000)
    assert (home.path / "last.ckpt").stat().st_size == 8


async def test_without_a_snapshot_nothing_is_removed(home):
    home.failure = NoSnapshotError("The hub does not answer.")

    with pytest.raises(NoSnapshotError):
        await home.clean(Mode.SNAPSHOT, PIP)

    assert (home.path / PIP / "wheels" / "a.whl").exists()


async def test_what_the_snapshot_does_not_have_stays(home):
    ids = await home.ids(PIP)
    taking = home.snapshot

    async def snapshot():
        name = await taking()
        shutil.rmtree(home.path / ".snap" / name / PIP)
        return name

    home.cleaner._take_snapshot = snapshot
    done = await home.cleaner.clean(ids, Mode.SNAPSHOT)

    assert done["removed"] == 0
    assert "does not have it" in done["skipped"][0]["reason"]
    assert (home.path / PIP / "wheels" / "a.whl").exists()


async def test_what_is_moved_to_the_trash_comes_back(home):
    done = await home.clean(Mode.TRASH, PIP)

    assert done["bytes"] == 0
    assert not (home.path / PIP).exists()
    (name,), (record,) = home.trashed()
    assert record == f"{name}.trashinfo"
    text = (home.path / ".local/share/Trash/info" / record).read_text()
    lines = text.splitlines()
    assert lines[:2] == ["[Trash Info]", f"Path={home.path}/{PIP}"]
    assert lines[2].startswith("DeletionDate=20")

    assert (await home.cleaner.undo(done["undo"]))["restored"] == 1
    assert (home.path / PIP / "wheels" / "a.whl").stat().st_size == 300_000
    assert home.trashed() == [[], []]


async def test_what_is_in_the_trash_is_deleted_permanently(home):
    done = await home.clean(Mode.TRASH, PIP)

    gone = await home.cleaner.delete_permanently(done["undo"])

    assert 300_000 <= gone["bytes"] < 400_000
    assert gone["undo"] is None
    assert home.trashed() == [[], []]
    with pytest.raises(AbsentError):
        await home.cleaner.undo(done["undo"])


async def test_the_trash_itself_is_not_moved_to_the_trash(home):
    home.write(".local/share/Trash/files/old", 200_000)

    with pytest.raises(FilesError, match="only be deleted permanently"):
        await home.clean(Mode.TRASH, ".local/share/Trash")
    done = await home.clean(Mode.PERMANENT, ".local/share/Trash")

    assert done["bytes"] >= 200_000
    assert done["undo"] is None


async def test_an_empty_trash_has_nothing_to_undo(home):
    await home.clean(Mode.TRASH, PIP)

    await home.clean(Mode.PERMANENT, ".local/share/Trash")

    assert (await home.cleaner.list_items())["last"] is None


async def test_an_undo_from_the_trash_overwrites_nothing(home):
    home.write("last.ckpt")
    done = await home.clean(Mode.TRASH, PIP, "last.ckpt")
    home.write(f"{PIP}/new")
    home.write("last.ckpt", 5)

    undone = await home.cleaner.undo(done["undo"])

    assert undone["restored"] == 0
    assert {each["path"] for each in undone["skipped"]} == {PIP, "last.ckpt"}
    assert (home.path / "last.ckpt").stat().st_size == 5
    assert len(home.trashed()[0]) == 2
    shutil.rmtree(home.path / PIP)
    assert (await home.cleaner.undo(done["undo"]))["restored"] == 1


async def test_a_full_home_is_cleaned_up_without_a_write(home, monkeypatch):
    """Every call that would need room fails as it does on a full disk."""
    opening = os.open

    def full(*_args, **_more):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    def only_reading(path, flags, *args, **more):
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            full()
        return opening(path, flags, *args, **more)

    ids = await home.ids(PIP)
    await home.snapshot()
    home.cleaner._take_snapshot = lambda: asyncio.sleep(0, SNAPSHOT)
    with monkeypatch.context() as patched:
        for name in ("mkdir", "rename", "link", "symlink"):
            patched.setattr(os, name, full)
        patched.setattr(os, "open", only_reading)
        moved = await home.cleaner.clean(ids, Mode.TRASH)
        done = await home.cleaner.clean(ids, Mode.SNAPSHOT)

    assert "disk is full" in moved["skipped"][0]["reason"]
    assert (done["removed"], done["skipped"]) == (1, [])
    assert not (home.path / PIP).exists()


async def test_a_full_home_refuses_an_undo_and_keeps_it(home, monkeypatch):
    done = await home.clean(Mode.SNAPSHOT, PIP)

    def full(*_args, **_more):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", full)
        undone = await home.cleaner.undo(done["undo"])

    assert undone["restored"] == 0
    assert "disk is full" in undone["skipped"][0]["reason"]
    assert list((home.path / ".cache").iterdir()) == []
    assert (await home.cleaner.undo(done["undo"]))["restored"] == 1


async def test_copies_of_code_that_jobs_need_are_not_offered(home):
    needed, unneeded = ("a" * 64, "b" * 64)
    for name in (needed, unneeded):
        home.write(f".mofang/code/{name}.tar", 50_000)
        home.write(f".mofang/code/{name}.used-in.vision", 0)

    assert await home.ids(".mofang/code") == []
    home.unneeded = {unneeded, "../../elsewhere", "c" * 64}
    done = await home.clean(Mode.PERMANENT, ".mofang/code")

    assert done["removed"] == 2
    names = {each.name for each in (home.path / ".mofang/code").iterdir()}
    assert names == {f"{needed}.tar", f"{needed}.used-in.vision"}


async def test_one_clean_up_at_a_time(home):
    started, go_on = asyncio.Event(), asyncio.Event()

    async def snapshot():
        started.set()
        await go_on.wait()
        return await home.snapshot()

    ids = await home.ids(PIP)
    home.cleaner._take_snapshot = snapshot
    first = asyncio.create_task(home.cleaner.clean(ids, Mode.SNAPSHOT))
    await started.wait()
    with pytest.raises(ItemChangedError, match="under way"):
        await home.cleaner.clean(ids, Mode.PERMANENT)
    go_on.set()

    assert (await first)["removed"] == 1


async def test_a_snapshot_that_is_not_seen_here_removes_nothing(home):
    home.cleaner.visible_seconds = 0.0
    for name in (SNAPSHOT, "../../work", "by-hand"):
        home.cleaner._take_snapshot = lambda name=name: asyncio.sleep(0, name)
        with pytest.raises(FilesError, match="not visible"):
            await home.clean(Mode.SNAPSHOT, PIP)

    assert (home.path / PIP).exists()


@pytest.mark.parametrize("mode", [Mode.SNAPSHOT, Mode.TRASH])
async def test_the_next_server_can_undo_it_too(home, mode):
    done = await home.clean(mode, PIP)
    home.cleaner = Cleaner(
        CleanedRoot(path=home.path), home.snapshot, find_unneeded=set
    )

    last = (await home.cleaner.list_items())["last"]
    assert (last["undo"], last["paths"], last["count"]) == (done["undo"], [PIP], 1)
    assert (await home.cleaner.undo(done["undo"]))["restored"] == 1

    assert (home.path / PIP / "wheels" / "a.whl").exists()
    home.cleaner = Cleaner(
        CleanedRoot(path=home.path), home.snapshot, find_unneeded=set
    )
    assert (await home.cleaner.list_items())["last"] is None


GOOD = {
    "at": "2026-11-30T08:00:00+00:00",
    "mode": "snapshot",
    "bytes": 5,
    "snapshot": SNAPSHOT,
    "removed": [{"parts": ["a"], "bytes": 5, "name": ""}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "permanent", "snapshot": "../.."},
        {"snapshot": "../.."},
        {"snapshot": ""},
        {"mode": "all"},
        {"at": "yesterday"},
        {"at": "2026-11-30T08:00:00"},
        {"bytes": "many"},
        {"removed": [{"parts": ["..", "neighbour"], "bytes": 5, "name": ""}]},
        {"removed": [{"parts": ["a/b"], "bytes": 5, "name": ""}]},
        {"removed": [{"parts": [], "bytes": 5, "name": ""}]},
        {"removed": [{"parts": ["a"], "bytes": 5, "name": "../x"}]},
        {"removed": [{"parts": ["a"], "bytes": 5}]},
        {"removed": 5},
    ],
)
async def test_records_of_another_form_are_passed_over(home, change):
    folder = home.path / ".mofang" / "cleanups"
    folder.mkdir(parents=True)
    (folder / f"{'0' * 16}.json").write_text(json.dumps(GOOD | change))
    (folder / f"{'1' * 16}.json").write_text(json.dumps(GOOD))
    (folder / f"{'2' * 16}.json").symlink_to("/etc/passwd")
    (folder / f"{'3' * 16}.json").write_text("[" * 100_000)
    os.mkfifo(folder / f"{'4' * 16}.json")

    assert (await home.cleaner.list_items())["last"]["undo"] == "1" * 16
    with pytest.raises(AbsentError):
        await home.cleaner.undo("0" * 16)


async def test_the_last_five_can_be_undone(home):
    undos = []
    for number in range(6):
        home.write(f"{number}.ckpt")
        undos.append((await home.clean(Mode.TRASH, f"{number}.ckpt"))["undo"])

    with pytest.raises(AbsentError):
        await home.cleaner.undo(undos[0])
    for each in undos[1:]:
        assert (await home.cleaner.undo(each))["restored"] == 1
