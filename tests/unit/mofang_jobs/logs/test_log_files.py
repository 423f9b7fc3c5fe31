"""Log files beneath a folder in which users write."""

import os
import socket
import time
from pathlib import Path

import pytest

from mofang_jobs.adapters.confined_fs import UnsafePathError, open_file, remove_folder
from mofang_jobs.adapters.log_files import MAX_READ_BYTES, LogStorage
from mofang_jobs.domain.log_paths import LogName

NAME = LogName(project="vision", job="train-abc123", role="worker", index=0)
FOLDER = Path("projects/vision/.mofang/logs/train-abc123")
FILE = "mofang-job-train-abc123-worker-0.log"
SECRET = b"of another project"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "storage"
    (root / FOLDER).mkdir(parents=True)
    outside = root / "projects/speech/.mofang/logs/train-abc123"
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
        pytest.param(
            "projects/vision/.mofang/logs/train-abc123/" + FILE, id="the file"
        ),
        pytest.param("projects/vision/.mofang/logs/train-abc123", id="its folder"),
        pytest.param("projects/vision/.mofang/logs", id="the folder of logs"),
        pytest.param("projects/vision/.mofang", id="the hidden folder"),
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
        open_file(root, ("projects", part, "x"))
    with pytest.raises(UnsafePathError):
        remove_folder(root, ("projects", part))


async def test_removal_does_not_follow_links(root: Path) -> None:
    outside = root.parent / "outside"
    (root / FOLDER / "link").symlink_to(outside)
    (root / FOLDER / "up").symlink_to(root / "projects/speech")

    await LogStorage(root).remove("vision", "train-abc123")

    assert not (root / FOLDER).exists()
    assert outside.read_bytes() == SECRET
    assert (root / "projects/speech/.mofang/logs/train-abc123" / FILE).exists()


async def test_removal_of_a_linked_folder_removes_the_link_only(root: Path) -> None:
    (root / FOLDER).rmdir()
    target = root / "projects/speech/.mofang/logs/train-abc123"
    (root / FOLDER).symlink_to(target)

    await LogStorage(root).remove("vision", "train-abc123")

    assert (target / FILE).read_bytes() == SECRET
    assert not (root / FOLDER).is_symlink()


async def test_removing_what_is_not_there_is_fine(root: Path) -> None:
    await LogStorage(root).remove("vision", "absent-abc123")


async def test_folders_are_listed_with_their_last_change(root: Path) -> None:
    (root / FOLDER / FILE).write_text("x")
    (root / "projects/link").symlink_to(root / "projects/vision")

    found = await LogStorage(root).list_folders()

    assert {(project, job) for project, job, _ in found} == {
        ("vision", "train-abc123"),
        ("speech", "train-abc123"),
    }
    assert all(abs(changed - time.time()) < 60 for _, _, changed in found)
