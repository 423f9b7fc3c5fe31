"""A job may have another user id than the owner of the home that it works in."""

import os
import stat

from mofang_run import main


def made_mode(folder):
    path = folder / "made"
    path.mkdir()
    try:
        return stat.S_IMODE(path.stat().st_mode)
    finally:
        path.rmdir()


def test_the_owner_can_change_what_a_job_makes_as_another_user(tmp_path, monkeypatch):
    before = os.umask(0o022)
    try:
        main.share_new_files(str(tmp_path))
        assert made_mode(tmp_path) == 0o755

        monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
        main.share_new_files(str(tmp_path))
        assert made_mode(tmp_path) == 0o775
    finally:
        os.umask(before)


def test_a_home_that_is_away_changes_nothing(tmp_path):
    before = os.umask(0o022)
    try:
        main.share_new_files("")
        main.share_new_files(str(tmp_path / "absent"))
        assert made_mode(tmp_path) == 0o755
    finally:
        os.umask(before)
