"""A new user's home is the user's own, and no stranger's to look into."""

import os
import stat

from mofang_kube.names import UID, user_slug
from mofang_spawner.volumes.homes import ensure_home


async def test_a_home_is_made_for_its_users_containers_alone(tmp_path):
    """A job may have another user id, and always has the group."""
    tmp_path.chmod(0o777)

    await ensure_home(tmp_path, "ada@example.org")

    (home,) = tmp_path.iterdir()
    assert home.name == user_slug("ada@example.org")
    assert stat.S_IMODE(home.stat().st_mode) == 0o770
    if os.geteuid() == 0:
        assert (home.stat().st_uid, home.stat().st_gid) == (UID, UID)


async def test_a_home_that_is_there_stays_as_it_is(tmp_path):
    home = tmp_path / "ada"
    home.mkdir(mode=0o755)
    (home / "train.py").write_text("1")

    await ensure_home(tmp_path, "ada")

    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert (home / "train.py").read_text() == "1"


async def test_storage_that_is_away_does_not_keep_a_server_from_starting(
    tmp_path, caplog
):
    await ensure_home(tmp_path / "users", "ada")

    assert "could not be made" in caplog.text


async def test_without_storage_none_is_made():
    await ensure_home(None, "ada")
