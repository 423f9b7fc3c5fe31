"""What directories take: by CephFS' own counts, or by a bounded walk."""

import os
import shutil

import pytest
from unit.mofang_files.conftest import API

from mofang_files.roots import Root, Roots
from mofang_files.space import SpaceReader, walk


def roots_of(storage):
    return Roots((Root("home", storage / "home"),), storage)


async def test_the_server_says_what_home_and_project_take(server, storage):
    (storage / "home" / "src" / "model.pt").write_bytes(b"x" * 100_000)
    async with server.client() as http:
        roots = (await http.get(f"{API}/space")).json()["roots"]

    home, project = roots
    assert (home["name"], project["name"]) == ("home", "project")
    assert home["bytes"] >= 100_000
    assert (home["limit"], home["enforced"], home["complete"]) == (None, False, True)


def test_counts_of_the_file_system_are_taken_where_there_are_any(storage):
    found = {
        "ceph.dir.rbytes": 5_000,
        "ceph.dir.rentries": 8,
        "ceph.quota.max_bytes": 10_000,
        "ceph.quota.max_files": 20,
    }
    reader = SpaceReader(roots_of(storage), attribute=lambda _, name: found.get(name))

    (home,) = reader.read()

    assert (home["bytes"], home["files"]) == (5_000, 7)
    assert (home["limit"], home["file_limit"]) == (10_000, 20)
    assert home["enforced"]


@pytest.mark.parametrize(("room", "is_full"), [(0, True), (1, False)])
def test_a_storage_without_room_is_told_whatever_the_limit(storage, room, is_full):
    (home,) = SpaceReader(roots_of(storage), room=lambda _: room).read()

    assert home["storage_full"] is is_full


def test_a_walk_is_not_made_again_at_once(storage):
    now = [0.0]
    reader = SpaceReader(roots_of(storage), clock=lambda: now[0])
    before = reader.read()[0]["files"]
    (storage / "home" / "new").write_text("x")

    assert reader.read()[0]["files"] == before
    now[0] = 601.0
    assert reader.read()[0]["files"] == before + 1


def test_a_walk_ends_at_its_limit_follows_nothing_and_counts_once(storage):
    home = storage / "home"
    (home / "a").write_bytes(b"x" * 10_000)
    os.link(home / "a", home / "b")
    (home / "link").symlink_to("/")

    found = walk(home)

    assert (found.files, found.complete) == (4, True)
    assert 10_000 <= found.bytes < 40_000
    assert not walk(home, entries=2).complete
    assert not walk(home, seconds=-1).complete


async def test_the_largest_directories_of_the_project_are_told(server, storage):
    """Of the project, not of the home, and not of another one behind a link."""
    project = storage / "projects" / "vision"
    for name, size in (("data/images", 3 << 20), ("runs", 1 << 20)):
        (project / name).mkdir(parents=True)
        (project / name / "file").write_bytes(b"x" * size)
    (project / "speech").symlink_to(storage / "projects" / "speech")
    async with server.client() as http:
        found = (await http.get(f"{API}/project/cleanup")).json()

    assert [each["path"] for each in found["directories"]] == [
        str(project / name) for name in ("data", "data/images", "runs")
    ]
    assert found["directories"][0]["bytes"] >= 3 << 20
    assert found["complete"]


async def test_a_project_that_is_gone_is_told_as_a_sentence(server, storage):
    shutil.rmtree(storage / "projects" / "vision")
    async with server.client() as http:
        answer = await http.get(f"{API}/project/cleanup")

    assert answer.status_code == 507
    assert "The directory cannot be looked through" in answer.json()["message"]
