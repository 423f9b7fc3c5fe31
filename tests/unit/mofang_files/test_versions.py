"""Previous versions by the notebook's server, from snapshots as CephFS shows them."""

import json

import pytest
from unit.mofang_files.conftest import API, DAILY, HOURLY

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
    [("..", 400), ("../..", 400), ("by-hand", 400), (DAILY.replace("29", "28"), 404)],
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
