"""The reconciler killed at each of its writes to a CephFS: directories and quotas."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cluster.test_killed_reconciler import (
    Case,
    killed_at_every_write,
    made_once,
    make_foreign,
    running_case,
)
from typing_extensions import override

from mofang_local.ceph.cluster import CephCluster

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

MEGABYTE = 1024 * 1024
QUOTAS = {
    "home": {"storage": "20Mi", "files": 500},
    "project": {"storage": "30Mi"},
    "logs": {"storage": "40Mi", "files": 700},
}
FOREIGN = {"projects/foreign": (7 * MEGABYTE, 70), "users/ada": (9 * MEGABYTE, 900)}
"""Bytes and files."""


def quota_of(folder: Path) -> tuple[int, int]:
    """Return bytes and files that a directory may hold; 0 is any number."""
    found = []
    for name in ("bytes", "files"):
        try:
            found.append(int(os.getxattr(folder, f"ceph.quota.max_{name}")))
        except OSError:
            found.append(0)
    return found[0], found[1]


@dataclass(kw_only=True)
class CephCase(Case):
    """Directories that have quotas, and snapshots before they are removed."""

    @override
    async def check_made(self) -> None:
        await super().check_made()
        files = self.home_quota.get("files", QUOTAS["home"]["files"])
        assert quota_of(self.root / "users" / self.home) == (20 * MEGABYTE, files)
        assert quota_of(self.root / "projects" / self.project) == (30 * MEGABYTE, 0)
        assert quota_of(self.root / "logs" / self.project) == (40 * MEGABYTE, 700)

    @override
    def check_files(self) -> None:
        super().check_files()
        for name, quota in FOREIGN.items():
            assert quota_of(self.root / name) == quota
            # Those above it have snapshots, each of which shows this one its part.
            own = [each for each in snapshots_of(self.root / name) if each[0] != "_"]
            assert own == []

    @override
    def forget_files(self) -> None:
        for name in self.own:
            kept = [each for each in snapshots_of(self.root / name) if each[0] != "_"]
            for each in kept:
                (self.root / name / ".snap" / each).rmdir()
        self.home_quota = {}
        super().forget_files()


def snapshots_of(folder: Path) -> list[str]:
    return [each.name for each in (folder / ".snap").iterdir()]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(
    ceph: CephCluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Case]:
    root = ceph.settings.operator_mount / "killed"
    root.mkdir()
    make_foreign(root)
    for name, limits in FOREIGN.items():
        for what, limit in zip(("bytes", "files"), limits, strict=True):
            os.setxattr(root / name, f"ceph.quota.max_{what}", str(limit).encode())
    settings: dict[str, Any] = {"type": "cephfs", "quotas": QUOTAS}
    folder = tmp_path_factory.mktemp("reconciler")
    async with running_case(root, folder, settings, CephCase) as made:
        yield made


async def test_quotas_and_a_snapshot_are_among_the_writes(case: Case) -> None:
    making, removing = await made_once(case)

    names = {what for part, what in making if part == "file system"}
    assert {
        f"setxattr {case.home} ceph.quota.max_{each}" for each in ("bytes", "files")
    } <= names
    assert f"setxattr {case.project} ceph.quota.max_bytes" in names
    assert ("file system", "mkdir mofang-requested-*") in removing


async def test_a_reconciler_killed_at_any_write_to_ceph(case: Case) -> None:
    """Every directory has its quota in the end, and nobody else's has another."""
    await killed_at_every_write(case, {"file system"})
