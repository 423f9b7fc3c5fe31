"""What people save is stored as they saved it, and nobody changes it afterwards."""

import errno
import hashlib
import io
import os
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

from mofang_projects.environment_store import EnvironmentStore, StoreError
from mofang_projects.saved_environments import (
    NotStoredError,
    SavedEnvironmentController,
)
from mofang_run.environments.saved_archive import pack
from mofang_run.environments.saved_lock import Lock, LockedDistribution

SITE = "lib/python3.13/site-packages"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "storage"
    for name in ("users/ada", "users/ben", "environments"):
        (root / name).mkdir(parents=True)
    return root


@pytest.fixture
def store(root: Path) -> EnvironmentStore:
    return EnvironmentStore(root)


@pytest.fixture
def draft(root: Path, tmp_path: Path):
    """Save packages in a home, as ``mofang-environment`` does; returns the digest."""

    def save(*names: str, user: str = "ada") -> str:
        folder = tmp_path / f"draft-{user}"
        folder.mkdir()
        found = []
        for name in names:
            tree = tmp_path / f"tree-{user}-{name}"
            (tree / SITE).mkdir(parents=True, exist_ok=True)
            (tree / SITE / f"{name}.py").write_text(f"name = {name!r}\n")
            part = folder / "part"
            packed = pack(tree, [f"{SITE}/{name}.py"], part)
            part.rename(folder / f"{packed.digest}.tar")
            found.append(
                LockedDistribution(name, "1.0", "index", packed.digest, packed.bytes, 1)
            )
        lock = Lock("3.13", "pytorch", tuple(found))
        (folder / "lock.json").write_text(lock.text())
        target = root / "users" / user / ".mofang" / "saved" / lock.digest
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
        return lock.digest

    return save


def put(store: EnvironmentStore, digest: str, version: int = 1, **given: str):
    return store.store(
        given.get("project", "vision"),
        given.get("name", "shapes"),
        version,
        user=given.get("user", "ada"),
        digest=digest,
    )


def archives(root: Path, project: str = "vision") -> set[str]:
    folder = root / "environments" / project / ".archives"
    return {each.name for each in folder.iterdir()}


def home(root: Path, digest: str, user: str = "ada") -> Path:
    return root / "users" / user / ".mofang" / "saved" / digest


def test_a_version_is_the_lock_and_its_archives(store, root, draft):
    digest = draft("cubes", "rings")
    stored = put(store, digest)
    assert (stored.packages, stored.files) == (2, 2)
    folder = root / "environments" / "vision" / "shapes" / "1"
    names = {each.name for each in folder.iterdir()}
    assert names == {*archives(root), "lock.json"}
    modes = {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert modes == {0o644}


def test_what_is_stored_needs_the_home_no_more(store, root, draft):
    digest = draft("cubes")
    first = put(store, digest)
    shutil.rmtree(home(root, digest))
    assert put(store, digest) == first
    [archive] = (root / "environments/vision/shapes/1").glob("*.tar")
    assert archive.stat().st_nlink == 2


def test_an_archive_is_stored_once(store, root, draft):
    put(store, draft("cubes"))
    put(store, draft("cubes", "rings"), 2)
    put(store, draft("cubes", user="ben"), name="others", user="ben")
    assert len(archives(root)) == 2


def test_archives_of_no_version_are_collected(store, root, draft):
    put(store, draft("cubes", "rings"))
    put(store, draft("cubes"), 2)
    store.keep("vision", "shapes", [2])
    assert store.collect("vision") == 1
    assert len(archives(root)) == 1
    store.keep("vision", "shapes", [])
    assert store.collect("vision") == 1
    assert archives(root) == set()
    assert not (root / "environments/vision/shapes").exists()


def test_what_everyone_has_outlives_no_version(store, root, draft):
    put(store, draft("cubes"))
    put(store, draft("rings"), 2)
    store.show_everyone("vision", "shapes", [1, 2])
    shown = root / "environments" / "0-everyone" / "shapes"
    assert {each.name for each in shown.iterdir()} == {"1", "2"}
    store.keep("vision", "shapes", [2])
    store.show_everyone("vision", "shapes", [2])
    store.collect("vision")
    assert {each.name for each in shown.iterdir()} == {"2"}
    assert len(archives(root)) == 1
    store.show_everyone("vision", "shapes", [])
    assert not shown.exists()


def replace_by(content: bytes):
    def change(folder: Path) -> None:
        [archive] = folder.glob("*.tar")
        archive.write_bytes(content)

    return change


def replace_by_link(folder: Path) -> None:
    """Whoever may read everything must not read it for somebody."""
    [archive] = folder.glob("*.tar")
    secret = folder.parents[3] / "ben" / "secret"
    secret.write_bytes(archive.read_bytes())
    archive.unlink()
    archive.symlink_to(secret)


def add_to_lock(folder: Path) -> None:
    lock = folder / "lock.json"
    lock.write_text(lock.read_text() + " ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(replace_by(b"other"), "has changed", id="another archive"),
        pytest.param(replace_by(b""), "has changed", id="an empty archive"),
        pytest.param(replace_by_link, "not in the home", id="a link"),
        pytest.param(add_to_lock, "has changed", id="another lock"),
        pytest.param(shutil.rmtree, "not in the home", id="nothing"),
    ],
)
def test_a_home_that_changed_meanwhile_is_told(store, root, draft, change, said):
    digest = draft("cubes")
    change(home(root, digest))
    with pytest.raises(StoreError, match=said):
        put(store, digest)
    assert not (root / "environments/vision/shapes").exists()
    folder = root / "environments" / "vision" / ".archives"
    assert not folder.exists() or list(folder.iterdir()) == []


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(member("../mine.py"), id="outside"),
        pytest.param(member("lib/../../mine.py"), id="outside by a detour"),
        pytest.param(member("lib/x", tarfile.SYMTYPE, "/etc"), id="a link"),
        pytest.param(member("lib/x", tarfile.LNKTYPE, "lib/y"), id="a hard link"),
        pytest.param(member("lib/x", tarfile.CHRTYPE), id="a device"),
        pytest.param(member("lib/x", tarfile.FIFOTYPE), id="a pipe"),
    ],
)
def test_an_archive_of_other_things_than_files_is_refused(store, root, tmp_path, entry):
    """It would be unpacked by whoever starts from it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(entry)
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    size = len(content.getvalue())
    lock = Lock(
        "3.13",
        "pytorch",
        (LockedDistribution("cubes", "1.0", "index", digest, size, 1),),
    )
    folder = home(root, lock.digest)
    folder.mkdir(parents=True)
    (folder / "lock.json").write_text(lock.text())
    (folder / f"{digest}.tar").write_bytes(content.getvalue())
    with pytest.raises(StoreError, match="something else than plain files"):
        put(store, lock.digest)
    assert archives(root) == set()


def test_who_was_killed_leaves_nothing_half(store, root, draft, monkeypatch):
    digest = draft("cubes", "rings")

    class KilledError(BaseException):
        pass

    links = 0
    real = os.link

    def link(*args, **kwargs):
        nonlocal links
        links += 1
        if links == 2:
            raise KilledError
        real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", link)
        with pytest.raises(KilledError):
            put(store, digest)
    assert not (root / "environments/vision/shapes/1").exists()
    assert put(store, digest).packages == 2
    store.keep("vision", "shapes", [1])
    assert {e.name for e in (root / "environments/vision/shapes").iterdir()} == {"1"}


def body(*versions: tuple[int, str], **saved):
    listed = [
        {"version": n, "digest": d, "user": "ada", "saved": "2026-11-30T12:00:00Z"}
        for n, d in versions
    ]
    spec = {
        "owner": "ada",
        "project": "vision",
        "base": "pytorch",
        "current": listed[-1]["version"],
        "versions": listed,
        **saved,
    }
    return {"metadata": {"name": "shapes"}, "spec": {"saved": spec}}


@pytest.fixture
def environments(store) -> SavedEnvironmentController:
    return SavedEnvironmentController(store)


async def test_the_status_says_what_is_stored(environments, draft):
    good = draft("cubes")
    states = await environments.reconcile(body((1, good), (2, "0" * 64)))
    assert [each["phase"] for each in states] == ["Ready", "Failed"]
    assert states[0]["packages"] == 1
    assert "Save the environment again" in states[1]["message"]
    assert await environments.reconcile(body((1, good), (2, "0" * 64))) == states


async def test_what_is_no_longer_wanted_goes(environments, root, draft):
    one, two = draft("cubes"), draft("rings")
    everyone = {"visibility": "everyone", "approvedBy": "root"}
    await environments.reconcile(body((1, one), (2, two), **everyone))
    shown = root / "environments" / "0-everyone" / "shapes"
    assert {each.name for each in shown.iterdir()} == {"1", "2"}
    await environments.reconcile(body((2, two)))
    assert not shown.exists()
    assert len(archives(root)) == 1
    await environments.remove(body((2, two)))
    assert archives(root) == set()


async def test_nothing_is_everyones_without_an_administrator(environments, root, draft):
    await environments.reconcile(body((1, draft("cubes")), visibility="everyone"))
    assert not (root / "environments" / "0-everyone").exists()


class FullStore(EnvironmentStore):
    """A storage without room."""

    def store(self, *_: object, **__: object):
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_storage_that_fails_is_tried_again(environments, root, draft):
    digest = draft("cubes")
    full = SavedEnvironmentController(FullStore(root))
    with pytest.raises(NotStoredError, match="storage is full") as failed:
        await full.reconcile(body((1, digest)))
    assert failed.value.states[0]["phase"] == "Failed"
    [state] = await environments.reconcile(body((1, digest)))
    assert state["phase"] == "Ready"
