"""A user's home is the user's own, and no stranger's to look into."""

import os
import stat

import pytest

from mofang_kube.names import UID, user_slug
from mofang_spawner.volumes.homes import close_homes, ensure_home


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_home_is_made_for_its_users_containers_alone(tmp_path):
    """A job may have another user id, and always has the group."""
    tmp_path.chmod(0o777)

    await ensure_home(tmp_path, "ada@example.org")

    (home,) = tmp_path.iterdir()
    assert home.name == user_slug("ada@example.org")
    assert mode_of(home) == 0o770
    if os.geteuid() == 0:
        assert (home.stat().st_uid, home.stat().st_gid) == (UID, UID)


@pytest.mark.parametrize("mode", [0o777, 0o700, 0o755])
async def test_a_home_that_is_there_is_closed_and_keeps_its_files(tmp_path, mode):
    home = tmp_path / "ada"
    home.mkdir()
    home.chmod(mode)
    (home / "train.py").write_text("1")

    await ensure_home(tmp_path, "ada")

    assert mode_of(home) == 0o770
    assert (home / "train.py").read_text() == "1"


def test_all_homes_are_closed_and_nothing_else_is_touched(tmp_path):
    users, other = tmp_path / "users", tmp_path / "other"
    for each in (users / "ada", users / "ben", other):
        each.mkdir(parents=True)
        each.chmod(0o777)
    (users / "link").symlink_to(other)
    (users / "note").write_text("x")
    (users / "note").chmod(0o666)

    close_homes(users)

    assert [mode_of(users / name) for name in ("ada", "ben")] == [0o770, 0o770]
    assert mode_of(other) == 0o777
    assert mode_of(users / "note") == 0o666


async def test_a_link_in_a_homes_place_is_not_followed(tmp_path, caplog):
    other = tmp_path / "other"
    other.mkdir()
    other.chmod(0o777)
    (tmp_path / "ada").symlink_to(other)

    await ensure_home(tmp_path, "ada")

    assert mode_of(other) == 0o777
    assert "could not be made" in caplog.text


async def test_storage_that_is_away_does_not_keep_a_server_from_starting(
    tmp_path, caplog
):
    await ensure_home(tmp_path / "users", "ada")
    close_homes(tmp_path / "users")

    assert "could not be made" in caplog.text
    assert "could not be read" in caplog.text


async def test_without_storage_none_is_made():
    await ensure_home(None, "ada")
    close_homes(None)
