"""One tree is made like another, whatever is in it and whenever it is interrupted."""

from __future__ import annotations

import os
import random
import shlex
import shutil
from pathlib import Path

import pytest

from mofang_local.tree_copy import (
    OPTIONS,
    CopyError,
    compare_trees,
    copy_tree,
    size_of,
)
from support.markdown import PAGES
from support.trees import DEEP, facts, kill_copies, make_tree


def note(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "source"
    make_tree(top)
    return top


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "target"
    made.mkdir()
    return made


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
    killed = kill_copies(source, target, draw, 1.5)

    copy_tree(source, target, note)

    assert killed
    assert facts(target) == facts(source)


def test_administrators_are_shown_the_same_options() -> None:
    lines = (PAGES / "administrators" / "storage.md").read_text().splitlines()
    shown = [shlex.split(each) for each in lines if each.startswith("rsync ")]

    assert len(shown) == 2
    assert all(set(OPTIONS) <= set(each) for each in shown)
