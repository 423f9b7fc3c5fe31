"""Previous versions by the notebook's server, from snapshots as CephFS shows them."""

import json
import os
import threading

import pytest
from unit.mofang_files.conftest import API, DAILY, HOURLY

from mofang_files.errors import FileSystemError
from mofang_files.snapshots import opened_snapshots

TRAIN = "home/src/train.py"


@pytest.fixture
def train(storage, keep):
    """A script that two snapshots have, each in another form."""
    path = storage / "home" / "src" / "train.py"
    path.write_text("now\n")
    keep(path, "hour\n", modified=1_700_000_500)
    keep(path, "day\n", DAILY)
    return path


async def versions(server, path):
    async with server.client() as http:
        answer = await http.get(f"{API}/versions", params={"path": path})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def restore(server, path, snapshot=HOURLY, mode="in_place"):
    body = {"path": path, "snapshot": snapshot, "mode": mode}
    async with server.client() as http:
        return await http.post(f"{API}/versions/restore", json=body)


async def test_versions_are_listed_the_newest_first(server, train):
    found = await versions(server, TRAIN)

    assert found["reason"] == ""
    assert [each["snapshot"] for each in found["versions"]] == [HOURLY, DAILY]
    assert found["versions"][0]["taken"] == "2026-11-30T04:00:00+00:00"
    assert not any(each["current"] for each in found["versions"])


async def test_snapshots_without_a_change_between_them_are_one_version(
    server, train, keep
):
    later = HOURLY.replace("T04", "T05")
    keep(train, "hour\n", later, modified=1_700_000_500)
    (train.parent / ".snap" / "by-hand").mkdir()

    found = await versions(server, TRAIN)

    assert [each["snapshot"] for each in found["versions"]] == [later, DAILY]


def hour(number):
    """The name of the snapshot of an hour, of several days."""
    return HOURLY.replace("30T04", f"{1 + number // 24:02}T{number % 24:02}")


async def test_all_of_many_snapshots_are_listed(server, train, keep):
    """More than are looked into at the same time, and in the order of their times."""
    names = [hour(number) for number in range(100)]
    for number, name in enumerate(names):
        keep(train, f"{number}\n", name, modified=1_600_000_000 + number)

    found = await versions(server, TRAIN)

    listed = [each["snapshot"] for each in found["versions"]]
    assert listed == [HOURLY, DAILY, *reversed(names)]


async def test_an_untouched_file_is_one_version_in_all_snapshots(server, train):
    """A snapshot shows the file itself, with the number that it has now."""
    for number in range(50):
        kept = train.parent / ".snap" / hour(number) / "train.py"
        kept.parent.mkdir()
        os.link(train, kept)

    first, *others = (await versions(server, TRAIN))["versions"][2:]

    assert first["snapshot"] == hour(49)
    assert first["current"]
    assert not others


async def test_a_file_of_the_same_size_and_time_is_another_version(server, train, keep):
    """`cp --preserve`, tar and git set times: content tells them apart."""
    modified = 1_700_000_000
    keep(train, "one\n", hour(1), modified=modified)
    keep(train, "two\n", hour(2), modified=modified)
    keep(train, "two\n", hour(3), modified=modified)
    train.write_text("two\n")
    os.utime(train, (modified, modified))

    found = (await versions(server, TRAIN))["versions"][2:]

    assert [(each["snapshot"], each["current"]) for each in found] == [
        (hour(3), True),
        (hour(1), False),
    ]


async def test_a_file_that_was_deleted_and_made_again_is_two_versions(
    server, train, keep
):
    keep(train, "same\n", hour(1))
    (train.parent / ".snap" / hour(2)).mkdir()
    keep(train, "same\n", hour(3))

    found = (await versions(server, TRAIN))["versions"][2:]

    assert [each["snapshot"] for each in found] == [hour(3), hour(1)]


async def test_versions_are_of_a_name_and_not_of_what_was_renamed_to_it(
    server, storage, train, keep
):
    """What a directory is called now does not count; its snapshots go with it."""
    keep(train.with_name("other.py"), "other\n", hour(1))
    train.rename(train.with_name("other.py"))
    (storage / "home" / "src").rename(storage / "home" / "lib")

    found = (await versions(server, "home/lib/other.py"))["versions"]

    assert [each["snapshot"] for each in found] == [hour(1)]
    assert (await versions(server, "home/lib/train.py"))["versions"]


async def test_a_link_in_the_place_of_a_file_is_a_version_of_its_own(
    server, storage, train
):
    secret = storage / "projects" / "speech" / "secret"
    for number in (1, 2):
        kept = train.parent / ".snap" / hour(number)
        kept.mkdir()
        (kept / "train.py").symlink_to(secret)
        os.utime(kept / "train.py", (1, 1), follow_symlinks=False)
    train.unlink()
    train.symlink_to(secret)
    os.utime(train, (1, 1), follow_symlinks=False)
    async with server.client() as http:
        query = {"path": TRAIN, "snapshot": hour(1)}
        content = await http.get(f"{API}/versions/content", params=query)

    found = (await versions(server, TRAIN))["versions"][2:]

    assert [(each["snapshot"], each["current"]) for each in found] == [(hour(2), True)]
    assert content.status_code == 507
    assert "secret" not in content.text


async def test_a_link_in_the_place_of_snapshots_is_not_followed(server, storage):
    (storage / "home" / "a").write_text("x")
    (storage / "home" / ".snap").symlink_to(storage / "projects" / "speech")

    found = await versions(server, "home/a")

    assert "keeps no previous versions" in found["reason"]


def test_snapshots_are_looked_into_at_the_same_time(train):
    """One after the other, each a round trip, takes seconds on a network."""
    together = threading.Barrier(8)
    with opened_snapshots(train.parent) as snapshots:
        found = snapshots.concurrently(lambda _: together.wait(60), range(8))

    assert sorted(found) == list(range(8))


def test_a_file_system_that_does_not_answer_is_not_taken_for_deletion(train):
    def fail(_):
        raise TimeoutError(110, "Connection timed out")

    with (
        pytest.raises(FileSystemError, match="cannot be read: Connection timed out"),
        opened_snapshots(train.parent) as snapshots,
    ):
        snapshots.concurrently(fail, range(3))


async def test_where_there_are_no_snapshots_it_says_so(server, storage):
    (storage / "projects" / "vision" / "a").write_text("x")

    found = await versions(server, "projects/vision/a")

    assert "keeps no previous versions" in found["reason"]
    assert found["versions"] == found["deleted"] == []


async def test_what_was_deleted_from_a_directory_is_listed(server, storage, train):
    train.unlink()
    (storage / "home" / ".snap").mkdir()

    found = await versions(server, "home/src")

    (lost,) = found["deleted"]
    assert (lost["name"], lost["snapshot"]) == ("train.py", HOURLY)
    assert (await restore(server, TRAIN)).json()["name"] == "train.py"
    assert train.read_text() == "hour\n"


async def test_what_was_deleted_from_a_root_itself_is_listed(server, storage, keep):
    """Nothing above it is mounted, so it has no versions itself."""
    keep(storage / "projects" / "vision" / "lost.txt", "old")

    found = await versions(server, "projects/vision")

    assert found["reason"] == ""
    assert found["versions"] == []
    assert [each["name"] for each in found["deleted"]] == ["lost.txt"]


async def test_what_came_and_went_between_other_snapshots_is_listed(
    server, storage, train, keep
):
    keep(train.with_name("brief"), "short-lived", hour(3))
    keep(train.with_name("older"), "old", hour(2))
    kept = train.parent / ".snap" / hour(1) / "folder"
    kept.mkdir(parents=True)

    found = (await versions(server, "home/src"))["deleted"]

    assert [
        (each["name"], each["snapshot"], each["is_directory"]) for each in found
    ] == [
        ("brief", hour(3), False),
        ("older", hour(2), False),
        ("folder", hour(1), True),
    ]


async def test_a_version_is_read_and_compared(server, train):
    async with server.client() as http:
        query = {"path": TRAIN, "snapshot": HOURLY}
        answer = (await http.get(f"{API}/versions/content", params=query)).json()

    assert answer["text"] == "hour\n"
    assert answer["difference"].splitlines()[-2:] == ["-hour", "+now"]


async def test_a_notebook_is_compared_by_its_cells(server, storage, keep):
    def notebook(source, output):
        cell = {"cell_type": "code", "source": [source], "outputs": [output]}
        return json.dumps({"cells": [cell]})

    path = storage / "home" / "src" / "a.ipynb"
    path.write_text(notebook("x = 2", "image"))
    keep(path, notebook("x = 1", "another image"))
    async with server.client() as http:
        query = {"path": "home/src/a.ipynb", "snapshot": HOURLY}
        answer = (await http.get(f"{API}/versions/content", params=query)).json()

    assert answer["text"] == "# [code]\nx = 1\n"
    assert answer["difference"].splitlines()[-2:] == ["-x = 1", "+x = 2"]


async def test_a_version_is_restored_beside_and_never_over_another(server, train):
    names = [
        (await restore(server, TRAIN, DAILY, "beside")).json()["name"] for _ in range(2)
    ]

    assert len(set(names)) == 2
    for name in names:
        assert name.startswith("train (2026-11-29T00")
        assert (train.parent / name).read_text() == "day\n"
    assert train.read_text() == "now\n"


async def test_one_that_is_restored_in_place_is_put_back_by_an_undo(server, train):
    undo = (await restore(server, TRAIN)).json()["undo"]
    assert train.read_text() == "hour\n"

    async with server.client() as http:
        answer = await http.request(
            "DELETE", f"{API}/versions/restore", json={"path": TRAIN, "undo": undo}
        )

    assert answer.json() == {"name": "train.py"}
    assert train.read_text() == "now\n"


async def test_a_directory_is_restored_with_all_in_it(server, storage):
    kept = storage / "home" / ".snap" / HOURLY / "src" / "deep"
    kept.mkdir(parents=True)
    (kept / "a").write_text("old")
    (kept / "link").symlink_to("/etc/passwd")

    await restore(server, "home/src", HOURLY, "in_place")

    found = storage / "home" / "src" / "deep"
    assert (found / "a").read_text() == "old"
    assert found.joinpath("link").is_symlink()


@pytest.mark.parametrize("name", [".mofang", ".mofang/replaced"])
async def test_a_link_of_a_colleague_leads_a_restoration_nowhere(
    server, storage, keep, name
):
    """Who restores in the project's directory keeps all that is old in their home."""
    project, home = storage / "projects" / "vision", storage / "home"
    (project / "a.py").write_text("now")
    keep(project / "a.py", "before")
    old = home / "thesis.tex"
    old.write_text("years")
    os.utime(old, (0, 0))
    link = project / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(home)

    answer = await restore(server, "projects/vision/a.py")

    assert answer.status_code == 400
    assert ".mofang/replaced" in answer.json()["message"]
    assert (project / "a.py").read_text() == "now"
    assert sorted(each.name for each in home.iterdir()) == ["src", "thesis.tex"]


async def test_pipes_in_a_directory_do_not_stop_its_restoration(server, storage):
    kept = storage / "home" / ".snap" / HOURLY / "src"
    kept.mkdir(parents=True)
    os.mkfifo(kept / "pipe")
    (kept / "a").write_text("old")

    answer = await restore(server, "home/src")

    assert answer.status_code == 200
    found = storage / "home" / "src"
    assert [each.name for each in found.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("projects/speech/secret", 403),
        ("home/../projects/speech/secret", 400),
        ("home/.snap/x", 400),
        ("home/link/secret", 403),
        ("home/gone/a", 404),
        ("etc/passwd", 404),
        ("", 400),
    ],
)
async def test_other_paths_are_refused_with_a_message(server, storage, path, status):
    (storage / "home" / "link").symlink_to(storage / "projects" / "speech")
    async with server.client() as http:
        answers = [
            await http.get(f"{API}/versions", params={"path": path}),
            await restore(server, path),
        ]

    for answer in answers:
        assert answer.status_code == status, answer.text
        assert answer.json()["message"].endswith(".") or "versions" in answer.text
    assert (storage / "projects" / "speech" / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    ("snapshot", "status"),
    [
        ("..", 400),
        ("../..", 400),
        ("by-hand", 400),
        (HOURLY.replace("30T04", "31T04"), 400),
        (DAILY.replace("29", "28"), 404),
    ],
)
async def test_other_snapshots_are_refused(server, train, snapshot, status):
    answer = await restore(server, TRAIN, snapshot)

    assert answer.status_code == status
    assert train.read_text() == "now\n"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"path": 1}', b"[" * 100_000, b'{"path": "home/src"}']
)
async def test_a_body_of_another_form_is_refused(server, body):
    async with server.client() as http:
        answer = await http.post(f"{API}/versions/restore", content=body)

    assert answer.status_code == 400
    assert "JSON object" in answer.json()["message"]


async def test_a_zero_in_a_path_is_refused(server):
    answer = await restore(server, "home/a\0b")

    assert answer.status_code == 400
    assert "is not a path" in answer.json()["message"]


async def test_spaces_belong_to_a_name(server, storage, keep):
    path = storage / "home" / "src" / " notes "
    keep(path, "old")

    found = await versions(server, "home/src/ notes ")

    assert len(found["versions"]) == 1


@pytest.mark.parametrize("undo", ["../..", "0" * 16, "", "x" * 16])
async def test_what_cannot_be_undone_is_refused(server, train, undo):
    async with server.client() as http:
        answer = await http.request(
            "DELETE", f"{API}/versions/restore", json={"path": TRAIN, "undo": undo}
        )

    assert answer.status_code in {400, 404}
    assert train.read_text() == "now\n"


async def test_nothing_is_answered_without_a_token(server, train):
    async with server.client(token=None) as http:
        for path in ("versions", "space", "cleanup", "versions/content"):
            answer = await http.get(f"{API}/{path}", params={"path": TRAIN})
            assert answer.status_code == 403
