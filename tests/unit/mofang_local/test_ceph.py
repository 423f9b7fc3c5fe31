"""The one-machine platform's own Ceph: who has which key, and what its pods may."""

import base64
import struct
from pathlib import Path
from typing import Any

import pytest

from mofang_local.ceph import keys, manifests, mounts
from mofang_local.ceph.settings import CephSettings

SETTINGS = CephSettings(
    namespace="ceph",
    mon_address="10.96.0.30",
    folder=Path("/state/ceph"),
    mounts=Path("/state/mounts"),
    size_bytes=6 * 1024**3,
)
IMAGE = "docker.io/mofang/ceph:1"


@pytest.fixture
def known(tmp_path: Path) -> dict[str, str]:
    return keys.keys(tmp_path / "keys.json")


def pods_of(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in objects
        if each["kind"] in {"Deployment", "DaemonSet"}
    }


def secrets_of(objects: list[dict[str, Any]]) -> dict[str, str]:
    return {
        each["metadata"]["name"]: "".join(each["stringData"].values())
        for each in objects
        if each["kind"] == "Secret"
    }


def test_keys_are_made_once_and_privately(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    first, again = keys.keys(path), keys.keys(path)

    assert first == again
    assert len(set(first.values())) == len(keys.CAPABILITIES)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_has_the_form_that_ceph_reads() -> None:
    kind, _, _, length = struct.unpack("<HIIH", base64.b64decode(keys.new_key())[:12])

    assert (kind, length) == (1, 16)
    assert len(base64.b64decode(keys.new_key())) == 28


def test_mounts_set_neither_quotas_nor_snapshots() -> None:
    """In a capability of the metadata server ``p`` is for quotas, ``s`` snapshots."""
    assert keys.CAPABILITIES[keys.MOUNTS]["mds"].split()[1] == "rw"
    assert keys.CAPABILITIES[keys.OPERATOR]["mds"].split()[1] == "rwps"


def test_every_daemon_has_its_own_key_alone(known: dict[str, str]) -> None:
    secrets = secrets_of(manifests.daemons(SETTINGS, IMAGE, known))

    for daemon, entity in {
        "mgr": keys.MGR,
        "osd": keys.OSD,
        "mds": keys.MDS,
        "rgw": keys.RGW,
    }.items():
        held = {name for name, key in known.items() if key in secrets[f"ceph-{daemon}"]}
        own = {entity, keys.BOOTSTRAP_OSD} if daemon == "osd" else {entity}
        assert held == own


def test_a_mount_has_the_key_of_its_client_alone(known: dict[str, str]) -> None:
    secrets = secrets_of(mounts.manifests(SETTINGS, IMAGE, known))

    for name, entity in (("mounts", keys.MOUNTS), ("operator", keys.OPERATOR)):
        held = {each for each, key in known.items() if key in secrets[name]}
        assert held == {entity}


def test_daemons_are_restricted_pods(known: dict[str, str]) -> None:
    pods = pods_of(manifests.daemons(SETTINGS, IMAGE, known))

    assert set(pods) == set(manifests.DAEMONS)
    for pod in pods.values():
        assert "hostNetwork" not in pod
        assert not any("hostPath" in each for each in pod["volumes"])
        assert pod["automountServiceAccountToken"] is False
        for container in (*pod["containers"], *pod["initContainers"]):
            security = container["securityContext"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security["readOnlyRootFilesystem"] is True
            assert security["runAsNonRoot"] is True


def test_another_key_starts_its_daemon_anew_and_no_other(
    known: dict[str, str],
) -> None:
    def marks(used: dict[str, str]) -> dict[str, str]:
        return {
            each["metadata"]["name"]: each["spec"]["template"]["metadata"][
                "annotations"
            ]["checksum/configuration"]
            for each in manifests.daemons(SETTINGS, IMAGE, used)
            if each["kind"] == "Deployment"
        }

    before, after = marks(known), marks(known | {keys.MDS: keys.new_key()})

    # The monitor begins with every key.
    assert {name for name in before if before[name] != after[name]} == {"mds", "mon"}


def test_the_operator_s_mount_is_on_nodes_of_the_platform_alone(
    known: dict[str, str],
) -> None:
    pods = pods_of(mounts.manifests(SETTINGS, IMAGE, known))

    assert pods["mounts"]["nodeSelector"] == {}
    assert pods["operator"]["nodeSelector"] == {"mofang.dev/node-type": "cpu"}
