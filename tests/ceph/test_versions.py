"""Previous versions on a real CephFS, as JupyterLab's server lists them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mofang_files.snapshots import opened_snapshots
from mofang_files.versions import list_deleted, list_versions
from mofang_local.ceph.cluster import CephCluster
from support.ceph import mount_on

SNAPSHOTS = 40
FILES = 9


@pytest.fixture(scope="module")
def folder(ceph: CephCluster) -> Iterator[Path]:
    """A directory of a home on a node, which 40 hourly snapshots of all homes show.

    Of its files ``changing-…`` are written before each, ``kept-…`` and ``replaced``
    never again, and ``brief`` is there for one of them.
    """
    homes = ceph.settings.operator_mount / "users"
    written = homes / "versions" / "src"
    written.mkdir(parents=True)
    made = []
    began = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(FILES):
        (written / f"kept-{number}").write_text("kept")
    (written / "replaced").write_text("kept")
    try:
        for hour in range(SNAPSHOTS):
            for number in range(FILES):
                (written / f"changing-{number}").write_text(f"{hour:02}")
            brief = written / "brief"
            if hour == SNAPSHOTS // 2:
                brief.write_text("brief")
            else:
                brief.unlink(missing_ok=True)
            taken = began + timedelta(hours=hour)
            snapshot = homes / ".snap" / f"mofang-hourly-{taken:%Y%m%dT%H%M%SZ}"
            snapshot.mkdir()
            made.append(snapshot)
        yield mount_on("cpu-1") / "users" / "versions" / "src"
    finally:
        for each in made:
            each.rmdir()
        for each in written.iterdir():
            each.unlink()
        written.rmdir()


def test_the_versions_of_forty_snapshots_are_told_apart(folder: Path) -> None:
    """No file was looked at by this mount before."""
    for kind, expected in (("changing", SNAPSHOTS), ("kept", 1)):
        for number in range(FILES):
            path = folder / f"{kind}-{number}"
            with opened_snapshots(folder) as snapshots:
                assert snapshots is not None
                found = list_versions(snapshots, path.name)
            assert len(found) == expected
            assert [each.current for each in found].count(True) == 1
            assert found[0].current


def test_what_was_replaced_is_another_version(folder: Path) -> None:
    """Size and time are those of before, as of a file that was unpacked again."""
    path = folder / "replaced"
    before = path.stat()
    path.write_text("tpek")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with opened_snapshots(folder) as snapshots:
        assert snapshots is not None
        (found,) = list_versions(snapshots, path.name)
        deleted = list_deleted(snapshots)

    assert not found.current
    assert [each["name"] for each in deleted] == ["brief"]
