"""Log files beneath a folder in which users write."""

import asyncio
import errno
import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mofang_jobs.adapters.log_files import MAX_ENTRIES, MAX_READ_BYTES, LogStorage
from mofang_jobs.domain.errors import StorageError
from mofang_jobs.domain.log_paths import LogName
from mofang_kube.errors import is_permanent
from mofang_kube.names import UID
from mofang_storage.confined_fs import UnsafePathError, open_file, remove_folder
from support.plain_user import plain_directory, run_as_plain_user

NAME = LogName(project="vision", job="train-abc123", role="worker", index=0)
FOLDER = Path("vision/train-abc123")
FILE = "mofang-job-train-abc123-worker-0.log"
SECRET = b"of another project"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "storage"
    (root / FOLDER).mkdir(parents=True)
    outside = root / "speech/train-abc123"
    outside.mkdir(parents=True)
    (outside / FILE).write_bytes(SECRET)
    (tmp_path / "outside").write_bytes(SECRET)
    return root


@pytest.mark.parametrize(
    ("offset", "limit", "content", "start"),
    [
        (0, 100, b"0123456789", 0),
        (3, 4, b"3456", 3),
        (-3, 100, b"789", 7),
        (-3, 1, b"7", 7),
        (-100, 100, b"0123456789", 0),
        (10, 100, b"", 10),
        (99, 100, b"", 10),
    ],
)
async def test_ranges(
    root: Path, offset: int, limit: int, content: bytes, start: int
) -> None:
    (root / FOLDER / FILE).write_bytes(b"0123456789")

    part = await LogStorage(root).read(NAME, offset, limit)

    assert part is not None
    assert (part.content, part.offset, part.size) == (content, start, 10)
    assert part.next == start + len(content)


async def test_no_answer_is_larger_than_its_bound(root: Path) -> None:
    (root / FOLDER / FILE).write_bytes(bytes(3 * MAX_READ_BYTES))

    part = await LogStorage(root).read(NAME, 0, 10**12)

    assert part is not None
    assert len(part.content) == MAX_READ_BYTES


async def test_no_file_is_none(root: Path) -> None:
    assert await LogStorage(root).read(NAME, 0, 10) is None


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("vision/train-abc123/" + FILE, id="the file"),
        pytest.param("vision/train-abc123", id="its folder"),
    ],
)
@pytest.mark.parametrize("absolute", [True, False])
async def test_no_symbolic_link_leads_outside(
    root: Path, location: str, absolute: bool
) -> None:
    """A member makes a link where the service reads, to what is not theirs."""
    link = root / location
    target = root / location.replace("vision", "speech")
    _clear(link)
    link.symlink_to(target if absolute else _relative(target, link.parent))
    assert (root / FOLDER / FILE).read_bytes() == SECRET

    assert await LogStorage(root).read(NAME, 0, 100) is None


def _relative(target: Path, start: Path) -> str:
    return os.path.relpath(target, start)


def _clear(path: Path) -> None:
    if path.is_dir():
        for each in path.iterdir():
            _clear(each)
        path.rmdir()


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder"])
async def test_what_is_no_plain_file_is_not_read(root: Path, kind: str) -> None:
    """A named pipe would hold a reader for ever."""
    location = root / FOLDER / FILE
    if kind == "fifo":
        os.mkfifo(location)
    elif kind == "folder":
        location.mkdir()
    else:
        here = Path.cwd()
        os.chdir(location.parent)
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(FILE)
        finally:
            os.chdir(here)

    assert await LogStorage(root).read(NAME, 0, 100) is None


@pytest.mark.parametrize("part", ["..", ".", "", "a/b", "/etc", "a\0b"])
def test_names_that_are_no_names(root: Path, part: str) -> None:
    with pytest.raises(UnsafePathError):
        open_file(root, ("vision", part, "x"))
    with pytest.raises(UnsafePathError):
        remove_folder(root, ("vision", part))


async def test_removal_does_not_follow_links(root: Path) -> None:
    outside = root.parent / "outside"
    (root / FOLDER / "link").symlink_to(outside)
    (root / FOLDER / "up").symlink_to(root / "speech")

    await LogStorage(root).remove("vision", "train-abc123")

    assert not (root / FOLDER).exists()
    assert outside.read_bytes() == SECRET
    assert (root / "speech/train-abc123" / FILE).exists()


async def test_removal_of_a_linked_folder_removes_the_link_only(root: Path) -> None:
    (root / FOLDER).rmdir()
    target = root / "speech/train-abc123"
    (root / FOLDER).symlink_to(target)

    await LogStorage(root).remove("vision", "train-abc123")

    assert (target / FILE).read_bytes() == SECRET
    assert not (root / FOLDER).is_symlink()


async def test_removing_what_is_not_there_is_fine(root: Path) -> None:
    await LogStorage(root).remove("vision", "absent-abc123")


async def test_folders_are_listed_with_their_last_change(root: Path) -> None:
    (root / FOLDER / FILE).write_text("x")
    (root / "link").symlink_to(root / "vision")
    (root / "vision" / "link").symlink_to(root / FOLDER)
    (root / "vision" / ".deleted-gone-abc123").mkdir()
    store = LogStorage(root)

    assert set(await store.list_projects()) == {"vision", "speech"}
    ((job, changed),) = await store.list_folders("vision")

    assert job == "train-abc123"
    assert abs(changed - time.time()) < 60
    assert await store.list_deleted("vision") == ["gone-abc123"]


@pytest.mark.parametrize("time_set", [0, 10**10])
async def test_no_user_chooses_when_a_log_was_changed(
    root: Path, time_set: int
) -> None:
    """Or it would be removed while its job runs, or never."""
    file = root / FOLDER / FILE
    file.write_text("x")
    for each in (file, file.parent):
        os.utime(each, (time_set, time_set))

    ((_, changed),) = await LogStorage(root).list_folders("vision")

    assert abs(changed - time.time()) < 60


async def test_of_many_entries_the_first_ones_are_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MAX_ENTRIES + 40):
        (root / FOLDER / str(number)).touch()
    asked = []
    real = os.scandir

    class Counting:
        def __init__(self, folder: int) -> None:
            self._entries = real(folder)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return self.counted()

        def counted(self) -> Iterator[os.DirEntry[str]]:
            for entry in self._entries:
                asked.append(entry.name)
                yield entry

        def __exit__(self, *_: object) -> None:
            self._entries.close()

    store = LogStorage(root)
    monkeypatch.setattr(os, "scandir", Counting)
    await store.list_folders("vision")

    assert len([name for name in asked if name.isdecimal()]) == MAX_ENTRIES


def test_a_job_gets_a_directory_that_strangers_cannot_read() -> None:
    with plain_directory() as root:
        asyncio.run(LogStorage(root).create("vision", "train-abc123"))
        asyncio.run(LogStorage(root).create("vision", "train-abc123"))

        made = (root / "vision" / "train-abc123").stat()

    assert stat.S_IMODE(made.st_mode) == 0o770
    assert made.st_uid == made.st_gid == (UID if os.geteuid() == 0 else os.geteuid())


async def test_a_directory_that_cannot_be_made_is_refused_with_the_reason(
    root: Path,
) -> None:
    (root / "vision" / "taken-abc123").touch()
    store = LogStorage(root)

    with pytest.raises(StorageError, match=r"cannot be made.*administrator"):
        await store.create("taken-project", "a" * 300)
    with pytest.raises(StorageError) as caught:
        await LogStorage(root / "absent").create("vision", "train-abc123")
    # A restart that meets it is tried again.
    assert not is_permanent(caught.value)


def test_what_nobody_may_read_is_no_log_and_no_fault() -> None:
    """A user may close a file, or its folder, to everybody."""

    def work() -> None:
        store = LogStorage(root)
        for closed in (file, file.parent):
            closed.chmod(0)
            assert asyncio.run(store.read(NAME, 0, 10)) is None
            ((job, changed),) = asyncio.run(store.list_folders("vision"))
            assert job == "train-abc123"
            assert abs(changed - time.time()) < 60
            closed.chmod(0o700)

    with plain_directory() as root:
        file = root / FOLDER / FILE
        file.parent.mkdir(parents=True)
        file.write_text("x")
        if os.geteuid() == 0:
            for each in (root / "vision", file.parent, file):
                os.chown(each, UID, UID)
        run_as_plain_user(work)


async def test_a_disk_that_fails_is_no_log_and_no_fault(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / FOLDER / FILE).write_text("x")

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)

    assert await LogStorage(root).read(NAME, 0, 10) is None


async def test_a_deleted_job_s_logs_are_out_of_reach_until_they_are_removed(
    root: Path,
) -> None:
    (root / FOLDER / FILE).write_text("x")
    store = LogStorage(root)

    await store.discard("vision", "train-abc123")

    assert await store.read(NAME, 0, 10) is None
    assert await store.list_folders("vision") == []
    assert await store.list_deleted("vision") == ["train-abc123"]
    # The kubelet makes it anew for a container that starts late.
    (root / FOLDER).mkdir()
    assert await store.remove_deleted("vision", "train-abc123")
    assert list((root / "vision").iterdir()) == []
