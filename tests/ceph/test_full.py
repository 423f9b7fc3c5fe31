"""The storage is full for everybody: by its disks, or by the quota of its pool."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from mofang_files.roots import Root, Roots
from mofang_files.space import SpaceReader
from mofang_local.ceph.cluster import CephCluster
from mofang_local.ceph.settings import FILE_SYSTEM
from support.ceph import mount_on
from support.eventually import eventually

log = logging.getLogger(__name__)

pytestmark = pytest.mark.long

MEGABYTE = 1_000_000
FILLED = 150 * MEGABYTE
WITHIN_SECONDS = 120
POOL = f"{FILE_SYSTEM}.data"
RATIOS = {"nearfull": 0.85, "backfillfull": 0.9, "full": 0.95}
"""As Ceph has them by default."""
FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Bytes, as the OSD has told last."""

    disk: int
    """With what the OSD takes for itself, which comes and goes."""

    pool: int
    """Of files."""


Limit = Callable[[CephCluster, Taken], None]


def taken(ceph: CephCluster) -> Taken:
    said = json.loads(ceph.run("ceph", "df", "-f", "json"))
    (pool,) = [each for each in said["pools"] if each["name"] == POOL]
    return Taken(
        disk=said["stats"]["total_used_raw_bytes"], pool=pool["stats"]["stored"]
    )


def set_ratios(ceph: CephCluster, ratios: Sequence[float]) -> None:
    """Say from when on a disk is nearly full, too full for others' data, and full.

    The OSD takes the largest of those before it for each.
    """
    for name, ratio in zip(RATIOS, ratios, strict=True):
        ceph.run("ceph", "osd", f"set-{name}-ratio", f"{ratio:.4f}")


def limit_disks(ceph: CephCluster, filled: Taken) -> None:
    """Let the OSD count as full with a part of the large file."""
    full = filled.disk - FILLED / 4
    set_ratios(ceph, [full / ceph.settings.size_bytes] * 3)


def limit_pool(ceph: CephCluster, filled: Taken) -> None:
    full = filled.pool - FILLED // 2
    ceph.run("ceph", "osd", "pool", "set-quota", POOL, "max_bytes", str(full))


@pytest.fixture
def folder(ceph: CephCluster) -> Iterator[str]:
    """A directory of the file system, by its name in each mount."""
    name = "users/full"
    made = ceph.settings.operator_mount / name
    made.mkdir()
    yield name
    set_ratios(ceph, list(RATIOS.values()))
    ceph.run("ceph", "osd", "pool", "set-quota", POOL, "max_bytes", "0")
    shutil.rmtree(made)


def write(file: Path, size: int) -> int | None:
    """Write and sync a file; return the error, if there was one."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
        try:
            for _ in range(size // MEGABYTE):
                os.write(descriptor, os.urandom(MEGABYTE))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as err:
        return err.errno
    return None


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(limit_disks, id="disks"),
        pytest.param(limit_pool, id="quota of the pool"),
    ],
)
def test_a_full_storage_refuses_and_heals(
    ceph: CephCluster, folder: str, limit: Limit
) -> None:
    """Writes are refused, reads go on, and what is deleted gives room at once."""
    here, there = (mount_on(node) / folder for node in ("cpu-1", "gpu-1"))
    # Synced, as JupyterLab saves: what is not, others cannot read until there is room.
    assert write(here / "notebook.ipynb", MEGABYTE) is None
    assert write(here / "large", FILLED) is None
    eventually(
        lambda: taken(ceph).pool >= FILLED,
        within=WITHIN_SECONDS,
        what="the OSD has told what is taken",
    )

    began = time.monotonic()

    def refusal() -> int | None:
        # What other tests have deleted may still be going.
        limit(ceph, taken(ceph))
        return write(here / "more", 4 * MEGABYTE)

    refused = eventually(
        refusal,
        within=WITHIN_SECONDS,
        what="writes are refused",
    )
    log.info("refused after %.1f s: %s", time.monotonic() - began, os.strerror(refused))

    assert refused in FULL
    if limit is limit_disks:
        # A pool's quota is nothing that a mount is told of.
        eventually(
            lambda: meter(here)["storage_full"],
            within=WITHIN_SECONDS,
            what="the meter says so",
        )
    assert len((there / "notebook.ipynb").read_bytes()) == MEGABYTE
    for name in ("large", "more"):
        with suppress(FileNotFoundError):
            (here / name).unlink()
    began = time.monotonic()
    eventually(
        lambda: write(here / "again", MEGABYTE) is None,
        within=WITHIN_SECONDS,
        what="writes go on",
    )
    log.info("writable again after %.1f s", time.monotonic() - began)
    assert len((there / "again").read_bytes()) == MEGABYTE
    eventually(
        lambda: not meter(here)["storage_full"],
        within=WITHIN_SECONDS,
        what="the meter says so no more",
    )


def meter(home: Path) -> dict[str, object]:
    """What JupyterLab is told of a home."""
    (found,) = SpaceReader(Roots((Root("home", home),), home)).read()
    return found
