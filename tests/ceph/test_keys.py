"""The key of the mounts is rotated at the cluster."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mofang_local.ceph import keys
from mofang_local.ceph.cluster import CephCluster
from support.ceph import kill_mount, mount_log, mount_on
from support.eventually import eventually
from support.steady_io import SteadyFile

log = logging.getLogger(__name__)

pytestmark = pytest.mark.long

WITHIN_SECONDS = 120
ENTITY = keys.MOUNTS


@pytest.fixture
def folder(ceph: CephCluster) -> Iterator[str]:
    """A directory of the file system, by its name in each mount."""
    name = "users/keys"
    made = ceph.settings.operator_mount / name
    made.mkdir()
    yield name
    ceph.setup()
    shutil.rmtree(made)


def rotate(ceph: CephCluster) -> None:
    """Give the cluster another key for the mounts, with the same rights."""
    keyring = keys.initial_keyring({**ceph.keys, ENTITY: keys.new_key()})
    script = (
        f"cat > /tmp/rotated <<'END'\n{keyring}END\nceph auth import -i /tmp/rotated"
    )
    ceph.run("sh", "-c", script)


def can_use(path: Path) -> bool:
    try:
        return any(path.iterdir())
    except OSError:
        return False


def test_a_rotated_key_stops_no_mount_and_the_next_one_says_what_to_do(
    ceph: CephCluster, folder: str
) -> None:
    """As administrators do it: the cluster first; the platform is told afterwards."""
    here, there = (mount_on(node) / folder for node in ("cpu-1", "gpu-1"))
    with SteadyFile(
        there / "written", ceph.settings.operator_mount / folder / "written"
    ) as file:
        rotate(ceph)
        file.wait_for(50, within=WITHIN_SECONDS)

        kill_mount("cpu-1")
        eventually(
            lambda: "refuses the key of client.mounts" in mount_log("mounts", "cpu-1"),
            within=WITHIN_SECONDS,
            what="the mount says that its key is refused",
        )
        assert not can_use(here)
        # Nobody writes to the disk of the node meanwhile.
        assert not here.parent.parent.is_mount()
        assert oct(here.parent.parent.stat().st_mode)[-3:] == "555"

        # As `make up` does.
        ceph.setup()
        began = time.monotonic()
        eventually(
            lambda: can_use(here), within=WITHIN_SECONDS, what="it is mounted again"
        )
        log.info("mounted again after %.1f s", time.monotonic() - began)
        file.wait_for(20, within=WITHIN_SECONDS)
    file.check()
