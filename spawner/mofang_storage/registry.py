"""The kinds of storage by the names that the chart has for them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import assert_never

from mofang_storage.base import Storage
from mofang_storage.cephfs import CephFsStorage
from mofang_storage.plain import PlainStorage


class StorageType(StrEnum):
    """The value ``storage.type``."""

    PLAIN = "plain"
    CEPHFS = "cephfs"


def make_storage(kind: StorageType, root: Path, owner: int) -> Storage:
    """Return the storage of a kind.

    Args:
        kind: Which one.
        root: Where its file system is mounted.
        owner: User and group of what is made.
    """
    match kind:
        case StorageType.PLAIN:
            return PlainStorage(root, owner)
        case StorageType.CEPHFS:
            return CephFsStorage(root, owner)
        case _:
            assert_never(kind)
