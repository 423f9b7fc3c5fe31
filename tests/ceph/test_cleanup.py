"""A full home on a real CephFS is cleaned up, and that is undone from its snapshot."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cluster.test_jobs_world import eventually

from mofang_files.cleaned_root import CleanedRoot
from mofang_files.cleanup import Cleaner
from mofang_files.records import Mode
from mofang_local.ceph.cluster import CephCluster
from support.ceph import mount_on

PIP = ".cache/pip"
MEGABYTE = 1_000_000
QUOTA = 20 * MEGABYTE
NAME = "users/clean-up"


@pytest.fixture
def operator_home(ceph: CephCluster) -> Iterator[Path]:
    """The home, with the key that sets quotas and makes snapshots."""
    home = ceph.settings.operator_mount / NAME
    home.mkdir()
    os.setxattr(home, "ceph.quota.max_bytes", str(QUOTA).encode())
    yield home
    for each in (home / ".snap").iterdir():
        each.rmdir()


@pytest.fixture
def home(ceph: CephCluster, operator_home: Path) -> Path:
    """The home as pods mount it."""
    return mount_on("cpu-1") / NAME


def fill(home: Path) -> bytes:
    """Write to a cache until nothing more fits; return what one file of it has."""
    cache = home / PIP / "http"
    cache.mkdir(parents=True)
    kept = os.urandom(MEGABYTE)
    (cache / "wheel").write_bytes(kept)
    with pytest.raises(OSError, match="quota") as refused:
        # A mount learns late what is taken, so a quota stops nobody at once.
        write(cache / "more", 20 * QUOTA, pause=0.05)
    assert refused.value.errno == errno.EDQUOT
    return kept


def write(file: Path, size: int, pause: float = 0.0) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        for _ in range(size // MEGABYTE):
            os.write(descriptor, bytes(MEGABYTE))
            os.fsync(descriptor)
            time.sleep(pause)
    finally:
        os.close(descriptor)


async def test_a_full_home_is_cleaned_up_and_put_back(
    home: Path, operator_home: Path
) -> None:
    async def snapshot() -> str:
        name = f"mofang-requested-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        await asyncio.to_thread((operator_home / ".snap" / name).mkdir)
        return name

    def can_write() -> bool:
        with suppress(OSError):
            write(home / "work", 5 * MEGABYTE)
            return True
        return False

    async def pip_is_counted() -> bool:
        (found,) = (await cleaner.list_items())["items"]
        return found["path"] == PIP and found["bytes"] > QUOTA // 2

    kept = await asyncio.to_thread(fill, home)
    cleaner = Cleaner(CleanedRoot(path=home), snapshot, find_unneeded=set)
    # Counts of other mounts come a moment later.
    await eventually(pip_is_counted)
    answer = await cleaner.list_items()
    (item,) = answer["items"]
    assert answer["keeps_snapshots"]
    assert item["used"] >= datetime.now(UTC).strftime("%Y-%m-%d")

    done = await cleaner.clean([item["id"]], Mode.SNAPSHOT)

    assert (done["removed"], done["skipped"]) == (1, [])
    assert done["bytes"] > QUOTA // 2
    assert not (home / PIP).exists()
    await eventually(lambda: asyncio.to_thread(can_write))

    await asyncio.to_thread(
        os.setxattr, operator_home, "ceph.quota.max_bytes", str(30 * QUOTA).encode()
    )

    async def is_put_back() -> bool:
        return (await cleaner.undo(done["undo"]))["restored"] == 1

    # The new quota comes to other mounts a moment later.
    await eventually(is_put_back)
    assert (home / PIP / "http" / "wheel").read_bytes() == kept
