"""A clean-up among links, renames and swaps: only what was listed is removed."""

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from unit.mofang_files.cleaned_home import PIP, make_home

from mofang_files import item_paths, removal
from mofang_files.errors import FilesError
from mofang_files.records import Mode


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("ids", [[], ["nothing"], ["../work"]])
async def test_only_what_was_listed_is_removed(home, mode, ids):
    await home.cleaner.list_items()

    with pytest.raises(FilesError):
        await home.cleaner.clean(ids, mode)

    assert home.snapshots == 0
    assert (home.path / "work/train.py").exists()


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_link_that_takes_a_place_leads_nowhere(home, tmp_path, mode):
    """Neither in the place itself nor above it."""
    neighbour = tmp_path / "neighbour"
    (neighbour / "pip").mkdir(parents=True)
    (neighbour / "pip" / "secret").write_text("secret")
    for path in (PIP, ".cache"):
        ids = await home.ids(PIP)
        kept = home.path / "kept"
        (home.path / path).rename(kept)
        leads = neighbour / "pip" if path == PIP else neighbour
        (home.path / path).symlink_to(leads)

        done = await home.cleaner.clean(ids, mode)

        assert done["removed"] == 0
        assert done["skipped"][0]["reason"]
        assert (neighbour / "pip" / "secret").read_text() == "secret"
        (home.path / path).unlink()
        kept.rename(home.path / path)
        shutil.rmtree(home.path / ".snap", ignore_errors=True)


@pytest.mark.parametrize("mode", list(Mode))
async def test_another_of_the_same_name_stays(home, mode):
    ids = await home.ids(PIP)
    (home.path / PIP).rename(home.path / "kept")
    home.write(f"{PIP}/new")

    done = await home.cleaner.clean(ids, mode)

    assert "Another has taken its place" in done["skipped"][0]["reason"]
    assert (home.path / PIP / "new").exists()
    assert (home.path / "kept/wheels/a.whl").exists()


@pytest.mark.parametrize("mode", list(Mode))
async def test_what_is_gone_already_is_told(home, mode):
    ids = await home.ids(PIP)
    shutil.rmtree(home.path / PIP)

    done = await home.cleaner.clean(ids, mode)

    assert (done["removed"], done["undo"]) == (0, None)
    assert "gone already" in done["skipped"][0]["reason"]


async def test_a_directory_that_is_swapped_for_a_link_meanwhile_is_not_followed(
    home, tmp_path, monkeypatch
):
    """In the moment between the look at a name and its opening."""
    neighbour = tmp_path / "neighbour"
    neighbour.mkdir()
    (neighbour / "secret").write_text("secret")
    ids = await home.ids(PIP)
    opening = removal._open

    def swapped(parent, name):
        if name == "wheels":
            (home.path / PIP / "wheels").rename(home.path / "moved")
            (home.path / PIP / "wheels").symlink_to(neighbour)
        return opening(parent, name)

    monkeypatch.setattr(removal, "_open", swapped)
    done = await home.cleaner.clean(ids, Mode.PERMANENT)

    assert len(done["skipped"]) == 1
    assert (neighbour / "secret").read_text() == "secret"
    assert (home.path / "moved/a.whl").exists()


async def test_directories_that_are_swapped_all_the_time_lead_nowhere(home, tmp_path):
    """A job renames and links while the same names are removed."""
    neighbour = tmp_path / "neighbour"
    (neighbour / "wheels").mkdir(parents=True)
    (neighbour / "wheels" / "secret").write_text("secret")
    is_over = threading.Event()

    def swap():
        while not is_over.is_set():
            for path in (home.path / PIP, home.path / PIP / "wheels"):
                with suppress(OSError):
                    path.rename(home.path / "aside")
                    path.symlink_to(neighbour)
                with suppress(OSError):
                    path.unlink()
                with suppress(OSError):
                    (home.path / "aside").rename(path)
            with suppress(OSError):
                home.write(f"{PIP}/wheels/a.whl")

    swapping = threading.Thread(target=swap)
    swapping.start()
    removed = 0
    try:
        for number in range(150):
            mode = Mode.TRASH if number % 2 else Mode.PERMANENT
            if ids := await home.ids(PIP):
                removed += (await home.cleaner.clean(ids, mode))["removed"]
    finally:
        is_over.set()
        swapping.join()

    assert removed > 0
    assert [each.name for each in neighbour.rglob("*")] == ["wheels", "secret"]
    assert (home.path / "work/train.py").exists()


async def test_a_place_that_is_renamed_meanwhile_takes_nothing_else_along(
    home, monkeypatch
):
    """What is removed is the directory that was listed, wherever its name is now."""
    ids = await home.ids(PIP)
    checking = item_paths._check

    def renamed(parent, path):
        checking(parent, path)
        (home.path / ".cache").rename(home.path / "elsewhere")
        home.write(f"{PIP}/new")

    monkeypatch.setattr(item_paths, "_check", renamed)
    await home.cleaner.clean(ids, Mode.PERMANENT)

    assert (home.path / PIP / "new").exists()
    assert list((home.path / "elsewhere").iterdir()) == []


async def test_hard_links_to_what_is_removed_stay(home):
    cached = home.path / PIP / "wheels" / "a.whl"
    os.link(cached, home.path / "work" / "a.whl")

    done = await home.clean(Mode.PERMANENT, PIP)

    assert done["bytes"] < 100_000
    assert (home.path / "work" / "a.whl").stat().st_size == 300_000


async def test_another_file_system_in_it_is_not_entered(home, monkeypatch):
    """A mount has another device; what is in it stays."""
    home.write(f"{PIP}/mounted/a")
    ids = await home.ids(PIP)
    reading = os.fstat

    def fstat(descriptor):
        status = reading(descriptor)
        if Path(f"/proc/self/fd/{descriptor}").readlink().name != "mounted":
            return status
        return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]])

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fstat)
        done = await home.cleaner.clean(ids, Mode.PERMANENT)

    assert "Another file system" in done["skipped"][0]["reason"]
    assert (home.path / PIP / "mounted/a").exists()


async def test_directories_without_rights_and_deep_ones(home):
    closed = home.write(f"{PIP}/closed/a").parent
    closed.chmod(0o500)
    deep = home.path / PIP / "/".join(["d"] * 250)
    deep.mkdir(parents=True)

    done = await home.clean(Mode.PERMANENT, PIP)

    assert not closed.exists()
    assert "200 directories" in done["skipped"][0]["reason"]
    assert deep.exists()
