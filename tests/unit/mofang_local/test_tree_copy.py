"""One tree is made like another, whatever is in it and whenever it is interrupted."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mofang_local.tree_copy import CopyError, compare_trees, copy_tree, size_of

OWNER = 1000
DEEP = tuple("abcdefghij")
is_root = os.geteuid() == 0


def note(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A home with everything that people and programs leave in one."""
    top = tmp_path / "source"
    home = top / "users" / "ada"
    home.mkdir(parents=True, mode=0o770)
    (top / "global").mkdir(mode=0o755)
    (home / "train.py").write_text("print()\n")
    (home / "train.py").chmod(0o640)
    (home / "run.sh").write_text("#!/bin/sh\n")
    (home / "run.sh").chmod(0o4755)
    (home / "empty").touch()
    (home / "umläut\nand line").write_text("odd")
    (home / os.fsdecode(b"no-utf8-\xff")).write_text("odd")
    (home / "secret").write_text("key")
    (home / "secret").chmod(0o000)
    os.link(home / "train.py", home / "same.py")
    (home / "to-etc").symlink_to("/etc/passwd")
    (home / "to-nothing").symlink_to("gone")
    (home / "to-folder").symlink_to(tmp_path)
    with (home / "sparse").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
        file.seek(32 * 1024 * 1024)
        file.write(b"middle")
    os.setxattr(home / "train.py", "user.origin", b"notebook")
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(home)
        listening.bind("agent")
    os.chdir("/")
    deep = home.joinpath(*DEEP)
    deep.mkdir(parents=True)
    for number in range(200):
        (deep / f"{number}").write_bytes(random.Random(number).randbytes(4000))
    (home / "closed").mkdir()
    (home / "closed" / "kept").write_text("kept")
    (home / "closed").chmod(0o500)
    if is_root:
        for each in (home, *home.rglob("*")):
            os.chown(each, OWNER, OWNER, follow_symlinks=False)
        (home / "run.sh").chmod(0o4755)
    os.utime(home / "train.py", ns=(1, 1_700_000_000_123_456_789))
    os.utime(home / "to-etc", ns=(1, 1_600_000_000_000_000_001), follow_symlinks=False)
    os.utime(deep, ns=(1, 1_500_000_000_000_000_002))
    return top


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "target"
    made.mkdir()
    return made


def facts(top: Path) -> dict[str, tuple[object, ...]]:
    """What is told of each entry: of several names of one file, which they are."""
    names: dict[int, list[str]] = {}
    entries = [top, *sorted(top.rglob("*"))]
    for each in entries:
        names.setdefault(each.lstat().st_ino, []).append(str(each.relative_to(top)))
    found = {}
    for each in entries:
        state = each.lstat()
        content: object = None
        if stat.S_ISLNK(state.st_mode):
            content = each.readlink()
        elif stat.S_ISREG(state.st_mode):
            content = each.read_bytes()
        found[str(each.relative_to(top))] = (
            state.st_mode,
            state.st_uid,
            state.st_gid,
            state.st_mtime_ns,
            names[state.st_ino],
            content,
            {
                name: os.getxattr(each, name, follow_symlinks=False)
                for name in os.listxattr(each, follow_symlinks=False)
            },
        )
    return found


def test_a_copy_is_the_same_in_everything(source: Path, target: Path) -> None:
    before = facts(source)

    copy_tree(source, target, note)

    assert facts(target) == before == facts(source)
    sparse = target / "users" / "ada" / "sparse"
    assert sparse.stat().st_blocks * 512 < 8 * 1024 * 1024
    assert compare_trees(source, target, note) == []


def test_links_are_not_followed_anywhere(source: Path, target: Path) -> None:
    """Not by a directory's name in the target, either, that was a link before."""
    outside = target.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (target / "users").symlink_to(outside)

    copy_tree(source, target, note)

    assert not (target / "users").is_symlink()
    assert [each.name for each in outside.iterdir()] == ["kept"]
    assert facts(target) == facts(source)


def test_a_second_copy_takes_what_changed_and_removes_what_went(
    source: Path, target: Path
) -> None:
    copy_tree(source, target, note)
    home = source / "users" / "ada"
    untouched = target / "users" / "ada" / "empty"
    number = untouched.stat().st_ino
    (home / "train.py").write_text("print(2)\n")
    (home / "new").write_text("new")
    shutil.rmtree(home / "a")
    (home / "to-etc").unlink()
    (home / "to-etc").mkdir()

    copy_tree(source, target, note)

    assert facts(target) == facts(source)
    assert untouched.stat().st_ino == number


def test_a_file_that_only_looks_copied_is_found_and_copied(
    source: Path, target: Path
) -> None:
    """After a loss of power a file may have its size and time, and no content."""
    copy_tree(source, target, note)
    broken = target.joinpath("users", "ada", *DEEP, "7")
    state = broken.stat()
    broken.write_bytes(bytes(state.st_size))
    os.utime(broken, ns=(state.st_atime_ns, state.st_mtime_ns))
    differing = compare_trees(source, target, note)
    assert [each.split()[-1] for each in differing] == [str(broken.relative_to(target))]

    copy_tree(source, target, note)

    assert facts(target) == facts(source)


def test_what_cannot_be_copied_is_said(source: Path, target: Path) -> None:
    with pytest.raises(CopyError, match=r"goes on from here:\n.*gone"):
        copy_tree(source / "gone", target, note)
    with pytest.raises(CopyError, match="cannot be read"):
        size_of(source / "gone")


def test_progress_is_told(source: Path, target: Path) -> None:
    told: list[str] = []

    copy_tree(source, target, told.append)

    assert any("%" in each for each in told)
    assert told[-1] == "comparing all files by their content"
    assert size_of(source) < 16 * 1024 * 1024


@pytest.mark.parametrize("seed", range(6))
def test_a_copy_that_was_killed_goes_on(source: Path, target: Path, seed: int) -> None:
    """At random moments, in every round a little later; nothing is left of it."""
    draw = random.Random(seed)
    large = source / "users" / "ada" / "large"
    for number in range(3):
        large.with_name(f"large-{number}").write_bytes(draw.randbytes(20_000_000))
    program = (
        "import sys; from pathlib import Path; from mofang_local.tree_copy import *;"
        "copy_tree(Path(sys.argv[1]), Path(sys.argv[2]), lambda _: None)"
    )
    killed = 0
    for attempt in range(5):
        command = [sys.executable, "-c", program, str(source), str(target)]
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                process.wait(draw.uniform(0.05, 0.3) * (attempt + 1))
            except subprocess.TimeoutExpired:
                # The launcher alone: rsync must not go on beside the next one.
                process.send_signal(signal.SIGKILL)
                killed += 1

    copy_tree(source, target, note)

    assert killed
    assert facts(target) == facts(source)
