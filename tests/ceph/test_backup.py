"""A storage on a real CephFS, saved from a snapshot as administrators are shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mofang_local.ceph.cluster import CephCluster
from support.backup_page import BackedUpStorage
from support.trees import facts, make_tree


@pytest.fixture
def storage(ceph: CephCluster, tmp_path: Path) -> Iterator[BackedUpStorage]:
    root = ceph.settings.operator_mount / "saved"
    make_tree(root)
    yield BackedUpStorage(root, tmp_path / "saved")
    shutil.rmtree(root)


def test_a_storage_comes_back_as_it_was_when_the_back_up_began(
    storage: BackedUpStorage,
) -> None:
    """People go on meanwhile: the snapshot is of one moment."""
    before = facts(storage.storage)
    storage.types('mkdir "$SOURCE"')
    train = storage.storage / "users" / "ada" / "train.py"
    train.write_text("written while the back-up runs")

    saved = storage.save(storage.storage / ".snap" / "backup", "monday")
    storage.types("rmdir")

    assert facts(saved) == before
    assert list((storage.storage / ".snap").iterdir()) == []
    train.unlink()
    storage.restore()
    assert facts(storage.storage) == before
