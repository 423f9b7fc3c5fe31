"""What the page on back-up shows is typed: a storage and a hub's database come back.

``tests/e2e/test_restore.py`` types what is for Kubernetes.
"""

import re
import shutil
import sqlite3
import subprocess
import threading

import pytest
from jupyterhub import orm

from support import markdown
from support.backup_page import PAGE, BackedUpStorage
from support.trees import facts, make_tree


@pytest.fixture
def storage(tmp_path):
    made = BackedUpStorage(tmp_path / "mofang", tmp_path / "saved")
    make_tree(made.storage)
    return made


def test_a_storage_comes_back_as_it_was(storage):
    before = facts(storage.storage)
    saved = storage.save(storage.storage, "monday")
    assert facts(saved) == before

    home = storage.storage / "users" / "ada"
    shutil.rmtree(home)
    home.mkdir()
    (home / "came-since").touch()
    (storage.storage / "global" / "came-since").touch()
    storage.restore()

    assert facts(storage.storage) == before


def test_each_back_up_is_whole_and_takes_what_changed(storage):
    monday = storage.save(storage.storage, "monday")
    before = facts(monday)
    home = storage.storage / "users" / "ada"
    (home / "train.py").unlink()
    (home / "train.py").write_text("print(2)\n")

    tuesday = storage.save(storage.storage, "tuesday")

    assert facts(monday) == before
    assert facts(tuesday) == facts(storage.storage)
    kept = [each / "users" / "ada" / "sparse" for each in (monday, tuesday)]
    assert kept[0].samefile(kept[1])
    shutil.rmtree(monday)
    (home / "train.py").write_text("lost")
    storage.restore()
    assert (home / "train.py").read_text() == "print(2)\n"


def test_one_home_comes_back_alone(storage):
    storage.save(storage.storage, "monday")
    users = storage.storage / "users"
    before = facts(users / "ada")
    shutil.rmtree(users / "ada")
    (users / "ada").mkdir()
    (users / "ben").mkdir()

    storage.types("users/ada/ ")

    assert facts(users / "ada") == before
    assert (users / "ben").is_dir()


def test_a_hubs_database_comes_back_although_the_hub_was_writing(tmp_path):
    """SQLite's own copy is of one moment; journals of what came since are no part."""
    path, copy = tmp_path / "jupyterhub.sqlite", tmp_path / "copy.sqlite"
    session_of = orm.new_session_factory(f"sqlite:///{path}")
    with session_of() as session:
        session.add(orm.User(name="ada"))
        session.commit()
    ended = threading.Event()

    def write():
        number = 0
        with session_of() as session:
            while not ended.wait(0.005):
                session.add(orm.User(name=f"user-{number}"))
                session.commit()
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        save(path, copy)
    finally:
        ended.set()
        writer.join()
    with session_of() as session:
        session.add(orm.User(name="came-since"))
        session.commit()
    path.with_name(f"{path.name}-journal").write_bytes(b"of what came since")

    restore(path, copy)

    assert not path.with_name(f"{path.name}-journal").exists()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with orm.new_session_factory(f"sqlite:///{path}")() as session:
        names = {user.name for user in session.query(orm.User)}
    assert "ada" in names
    assert "came-since" not in names


def save(path, copy):
    """Type what the page has sqlite3 do in the hub's pod."""
    (block,) = (each for each in shown("Back up") if "sqlite3" in each)
    (command,) = re.findall(r"-- (sqlite3 .*)", block)
    run(
        command.replace("/srv/mofang/hub/jupyterhub.sqlite", str(path)).replace(
            "/tmp/jupyterhub.sqlite", str(copy)
        )
    )


def restore(path, copy):
    """Type what the page has the shell do beside the stopped hub."""
    (block,) = (each for each in shown("Restore") if "< jupyterhub.sqlite" in each)
    (command,) = re.findall(r"-- sh -c '(.*)' <", block)
    run(
        command.replace("/srv/mofang/hub/jupyterhub.sqlite", str(path)),
        stdin=copy.read_bytes(),
    )


def shown(section):
    return markdown.section_blocks(PAGE, section, "sh")


def run(command, stdin=b""):
    done = subprocess.run(
        ["sh", "-euc", command], input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
