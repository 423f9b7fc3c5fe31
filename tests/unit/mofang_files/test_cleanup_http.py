"""Cleaning up by the notebook's server, with a real hub's answers on loopback."""

import asyncio
import json
import shutil

import pytest
from tornado.web import Application, RequestHandler
from unit.mofang_files.conftest import API
from unit.mofang_training.notebook import HUB_TOKEN, served

SNAPSHOT = "mofang-requested-20261130T041500Z"


@pytest.fixture
async def hub(monkeypatch, storage):
    """A hub that takes snapshots as CephFS shows them; yields what was asked of it."""
    asked = []

    class Snapshots(RequestHandler):
        failure = None
        answering = None

        async def post(self):
            if self.answering:
                await self.answering.wait()
            asked.append(self.request.headers["Authorization"])
            if self.failure:
                self.set_status(self.failure[0])
                self.finish(self.failure[1])
                return
            home = storage / "home"
            kept = home / ".snap" / SNAPSHOT
            shutil.copytree(home, kept, ignore=shutil.ignore_patterns(".snap"))
            self.set_status(201)
            self.finish({"name": SNAPSHOT})

    path = r"/hub/api/mofang/home/snapshots"
    async with served(Application([(path, Snapshots)])) as port:
        monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://127.0.0.1:{port}/hub/api")
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", HUB_TOKEN)
        Snapshots.asked = asked
        yield Snapshots


@pytest.fixture
def cache(storage):
    path = storage / "home" / ".cache" / "pip" / "a.whl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 100_000)
    return path


async def send(http, path, **body):
    return await http.post(f"{API}/{path}", json=body)


async def the_id(http):
    (item,) = (await http.get(f"{API}/cleanup")).json()["items"]
    return item["id"]


async def test_a_clean_up_and_its_undo(hub, cache, server):
    async with server.client() as http:
        chosen = await the_id(http)
        done = await send(http, "cleanup", items=[chosen], mode="snapshot")
        assert not cache.exists()
        undone = await send(http, "cleanup/undo", undo=done.json()["undo"])

    assert done.json()["removed"] == 1
    assert undone.json() == {"restored": 1, "skipped": []}
    assert cache.stat().st_size == 100_000
    assert hub.asked == [f"token {HUB_TOKEN}"]


async def test_the_trash_and_what_is_deleted_from_it(cache, server, storage):
    async with server.client() as http:
        chosen = await the_id(http)
        done = (await send(http, "cleanup", items=[chosen], mode="trash")).json()
        gone = (await send(http, "cleanup/delete", undo=done["undo"])).json()
        again = await send(http, "cleanup/delete", undo=done["undo"])

    assert done["bytes"] == 0
    assert gone["bytes"] >= 100_000
    assert again.status_code == 404
    assert list((storage / "home/.local/share/Trash/files").iterdir()) == []


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ((503, json.dumps({"message": "The storage is full."})), "storage is full"),
        ((429, json.dumps({"message": "Try again in 4 seconds."})), "4 seconds"),
        ((502, "<html>"), "The hub answers 502"),
        ((200, "[]"), "hub does not answer"),
        ((200, '{"name": "../../x"}'), "not visible"),
    ],
)
async def test_without_a_snapshot_nothing_is_removed(hub, cache, server, failure, said):
    server.app.web_app.settings["mofang_files_cleaner"].visible_seconds = 0.0
    hub.failure = failure
    async with server.client() as http:
        items = [await the_id(http)]
        answer = await send(http, "cleanup", items=items, mode="snapshot")

    assert answer.status_code in {400, 503}
    assert said in answer.json()["message"]
    assert cache.exists()


async def test_a_hub_that_does_not_answer_removes_nothing(hub, cache, server):
    """It is there and slow, or not there at all."""
    cleaner = server.app.web_app.settings["mofang_files_cleaner"]
    client = cleaner._take_snapshot.__self__
    client.answer_seconds = 0.2
    answering = hub.answering = asyncio.Event()
    async with server.client() as http:
        items = [await the_id(http)]
        slow = await send(http, "cleanup", items=items, mode="snapshot")
        client.url = "http://127.0.0.1:1"
        away = await send(http, "cleanup", items=items, mode="snapshot")
    answering.set()

    for answer in (slow, away):
        assert answer.status_code == 503
        assert "The hub does not answer" in answer.json()["message"]
    assert cache.exists()


async def test_off_the_platform_nobody_takes_a_snapshot(cache, server):
    async with server.client() as http:
        items = [await the_id(http)]
        answer = await send(http, "cleanup", items=items, mode="snapshot")

    assert answer.status_code == 503
    assert "not started by Mofang" in answer.json()["message"]
    assert cache.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"items": "x", "mode": "trash"}',
        b'{"items": [1], "mode": "trash"}',
        b'{"items": ["x"]}',
        b'{"items": ["x"], "mode": "all"}',
        b'{"items": ["x"], "mode": ["trash"]}',
        b'{"items": [], "mode": "permanent"}',
    ],
)
async def test_a_body_of_another_form_is_refused(cache, server, body):
    async with server.client() as http:
        answer = await http.post(f"{API}/cleanup", content=body)

    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")
    assert cache.exists()


@pytest.mark.parametrize("item", ["0" * 16, "../..", "/etc", ".cache/pip"])
async def test_paths_are_no_ids(cache, server, item):
    async with server.client() as http:
        await the_id(http)
        answer = await send(http, "cleanup", items=[item], mode="permanent")

    assert answer.status_code == 409
    assert "Refresh the list" in answer.json()["message"]
    assert cache.exists()


async def test_a_home_that_is_away_is_told(server, storage):
    (storage / "home").rename(storage / "away")
    async with server.client() as http:
        answer = await http.get(f"{API}/cleanup")

    assert answer.status_code == 507
    assert "cannot be looked through" in answer.json()["message"]


async def test_nothing_is_removed_without_a_token(cache, server):
    async with server.client(token=None) as http:
        for path in ("cleanup", "cleanup/undo", "cleanup/delete"):
            assert (await send(http, path, undo="x")).status_code == 403
