"""Daemons of Ceph are killed while two mounts have files open."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mofang_local.ceph.cluster import CephCluster
from support.ceph import kill_daemon, mount_on, restarts_of
from support.eventually import eventually
from support.steady_io import steady_files

log = logging.getLogger(__name__)

pytestmark = pytest.mark.long

WITHIN_SECONDS = 120
"""By far more than it takes: the kubelet may wait before it starts a container anew."""


@pytest.fixture
def folder(ceph: CephCluster) -> Iterator[str]:
    """A directory of the file system, by its name in each mount."""
    name = "users/daemons"
    made = ceph.settings.operator_mount / name
    made.mkdir()
    yield name
    shutil.rmtree(made)


@pytest.mark.parametrize("daemon", ["osd", "mds", "mon"])
def test_open_files_of_two_mounts_go_on(
    ceph: CephCluster, folder: str, daemon: str
) -> None:
    """They stall, and no operation fails; what was acknowledged is there."""
    one, other = (mount_on(node) / folder for node in ("cpu-1", "gpu-1"))
    before = restarts_of(daemon)
    with steady_files(one, other) as files:
        kill_daemon(daemon)
        killed = time.monotonic()
        # New files and names, too, and not only what clients may hold already.
        _use(one, other)
        for each in files:
            each.wait_for(20, within=WITHIN_SECONDS)
        log.info("%s: went on after %.1f s", daemon, time.monotonic() - killed)
        eventually(
            lambda: restarts_of(daemon) == before + 1,
            within=WITHIN_SECONDS,
            what=f"the kubelet starts {daemon} anew",
        )
        for each in files:
            each.wait_for(20, within=WITHIN_SECONDS)
    _use(one, other)


def _use(one: Path, other: Path) -> None:
    """Make a file by one mount, and remove it by the other."""
    (one / "new").write_text("made")
    assert (other / "new").read_text() == "made"
    (other / "new").unlink()
    eventually(
        lambda: not (one / "new").exists(),
        within=WITHIN_SECONDS,
        what="it is gone by the other mount, too",
    )
