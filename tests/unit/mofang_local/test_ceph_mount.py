"""Mounts of containers that must be replaced, and the session that must end."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ceph_mount import mounts, sessions
from ceph_mount.sessions import KeyRefusedError, Session

MOUNTINFO = r"""
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:52 /users/ada /home/jovyan rw,nodev shared:3 - fuse.ceph-fuse ceph-fuse rw
41 40 0:52 /users/ada/in /home/jovyan/in rw - fuse.ceph-fuse ceph-fuse rw
42 27 0:52 /global /global ro,relatime - fuse.ceph-fuse ceph-fuse rw
43 27 0:53 / /other rw - fuse.ceph-fuse ceph-fuse rw
44 27 0:52 /users/eve\040two /with\040space rw master:1 - fuse.ceph-fuse ceph-fuse rw
45 27 0:52 / /number-given-again rw - overlay overlay rw
""".strip()


def test_mounts_of_the_old_file_system_are_found_outermost_alone() -> None:
    found = mounts.affected(MOUNTINFO, frozenset({"0:52"}))

    assert [(each.point, each.root) for each in found] == [
        ("/home/jovyan", "/users/ada"),
        ("/global", "/global"),
        ("/with space", "/users/eve two"),
    ]
    assert "ro" in found[1].options


def test_a_session_is_read_as_it_was_written(tmp_path: Path) -> None:
    session = Session(address="10.0.0.1:0/7", devices=("0:52", "0:53"))

    sessions.write(tmp_path / "session", session)

    assert sessions.read(tmp_path / "session") == session


def test_a_key_that_the_cluster_refuses_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RefusedError(OSError):
        pass

    class Cluster:
        def connect(self) -> None:
            raise RefusedError(13, "RADOS permission denied")

        def shutdown(self) -> None:
            pass

    # Ceph's own module is in the image alone.
    rados = SimpleNamespace(
        Rados=lambda **_: Cluster(),
        Error=OSError,
        PermissionError=RefusedError,
        PermissionDeniedError=RefusedError,
    )
    monkeypatch.setitem(sys.modules, "rados", rados)

    for ask in (
        lambda: sessions.check_key("mounts", tmp_path),
        lambda: sessions.end(Session(address="a", devices=()), "mounts", tmp_path),
    ):
        with pytest.raises(KeyRefusedError, match="refuses the key of client"):
            ask()


def test_a_record_that_is_not_there_or_cut_short_is_none(tmp_path: Path) -> None:
    record = tmp_path / "session"
    assert sessions.read(record) is None
    for text in ("", '{"address": "10.0', "{}"):
        record.write_text(text)
        assert sessions.read(record) is None
