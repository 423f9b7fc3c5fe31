"""Daemons of Ceph are killed while two mounts have files open."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mofang_local.ceph.cluster import CephCluster
from mofang_local.network import NODES
from support.ceph import (
    daemon_process,
    kill_daemon,
    mount_on,
    mount_process,
    restarts_of,
)
from support.eventually import eventually
from support.steady_io import steady_files

log = logging.getLogger(__name__)

pytestmark = pytest.mark.long

WITHIN_SECONDS = 120
"""By far more than it takes: the kubelet may wait before it starts a container anew."""

NODE_NAMES = [node.name for node in NODES]


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
    one, other = (mount_on(node) / folder for node in NODE_NAMES)
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


def test_open_files_go_on_when_one_daemon_after_the_other_is_killed(
    ceph: CephCluster, folder: str
) -> None:
    """Each as soon as files go on after the one before; no mount is made anew."""
    one, other = (mount_on(node) / folder for node in NODE_NAMES)
    mounts = [mount_process(node) for node in NODE_NAMES]
    killed = ("mds", "mon", "osd", "mds", "mon")
    before = {daemon: restarts_of(daemon) for daemon in killed}
    with steady_files(one, other) as files:
        for daemon in killed:
            kill_daemon(daemon)
            began = time.monotonic()
            _use(one, other)
            for each in files:
                each.wait_for(20, within=WITHIN_SECONDS)
            log.info("%s: went on after %.1f s", daemon, time.monotonic() - began)
            eventually(
                partial(_runs, daemon),
                within=WITHIN_SECONDS,
                what=f"the kubelet starts {daemon} anew",
            )
        for each in files:
            each.wait_for(20, within=WITHIN_SECONDS)
        log.info("zeros were seen %s times", [each.unwritten for each in files])
    after = {daemon: restarts_of(daemon) for daemon in killed}
    assert after == {each: before[each] + killed.count(each) for each in killed}
    assert [mount_process(node) for node in NODE_NAMES] == mounts


def _runs(daemon: str) -> bool:
    try:
        return daemon_process(daemon) > 0
    except AssertionError:
        return False


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
