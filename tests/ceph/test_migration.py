"""Files move to a real CephFS and back, with copies that are killed."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mofang_local.ceph.cluster import CephCluster
from mofang_local.tree_copy import compare_trees, copy_tree
from support.trees import facts, kill_copies, make_tree

HOME = Path("users", "ada")


def note(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def on_ceph(ceph: CephCluster) -> Iterator[Path]:
    """A directory of the file system, by the mount that sets quotas."""
    folder = ceph.settings.operator_mount / "migrated"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_files_move_to_ceph_and_back_although_copies_are_killed(
    tmp_path: Path, on_ceph: Path
) -> None:
    source, returned = tmp_path / "source", tmp_path / "returned"
    make_tree(source)
    returned.mkdir()
    draw = random.Random(6)
    (source / HOME / "large").write_bytes(draw.randbytes(30_000_000))
    before = facts(source)

    killed = kill_copies(source, on_ceph, draw, 2)
    copy_tree(source, on_ceph, note)

    assert killed
    assert facts(on_ceph) == before == facts(source)

    # A quota and a snapshot are the file system's own, and stay there.
    os.setxattr(on_ceph / HOME, "ceph.quota.max_bytes", b"1000000000")
    (on_ceph / HOME / ".snap" / "mofang-hourly-20261130T040000Z").mkdir()
    try:
        (on_ceph / HOME / "train.py").write_text("print(2)\n")
        (on_ceph / HOME / "large").unlink()
        copy_tree(on_ceph, returned, note)

        assert facts(returned) == facts(on_ceph)
        assert compare_trees(on_ceph, returned, note) == []
        assert not (returned / HOME / ".snap").exists()
        assert os.listxattr(returned / HOME) == []
    finally:
        (on_ceph / HOME / ".snap" / "mofang-hourly-20261130T040000Z").rmdir()
