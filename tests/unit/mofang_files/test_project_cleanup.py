"""A project's directory is cleaned up by role, with the hub's answers on loopback."""

import json
import os
import shutil

import pytest
from tornado.web import Application, RequestHandler
from unit.mofang_files.conftest import API
from unit.mofang_training.notebook import HUB_TOKEN, served

SNAPSHOT = "mofang-requested-20261130T041500Z"
ALL = {".cache/pip", "ada/.cache/huggingface/hub", "runs/checkpoint-5", "__pycache__"}
CACHES = ALL - {"runs/checkpoint-5"}


@pytest.fixture
def project(storage):
    """A project with caches of people and a training's checkpoint."""
    path = storage / "projects" / "vision"
    for name in (
        ".cache/pip/a.whl",
        "ada/.cache/huggingface/hub/model",
        "runs/checkpoint-5/model.safetensors",
        "src/__pycache__/train.pyc",
    ):
        file = path / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 100_000)
    return path


@pytest.fixture
async def hub(monkeypatch, project):
    """A hub that knows a role, and takes snapshots as CephFS shows them."""

    class Hub:
        role = "admin"
        refusal = None
        asked: list = []  # noqa: RUF012 - of one test

    class Role(RequestHandler):
        def get(self, name):
            Hub.asked.append(("role", name, self.request.headers["Authorization"]))
            if Hub.role is None:
                self.set_status(404)
                self.finish({"message": "There is no project that you belong to."})
                return
            self.finish({"role": Hub.role})

    class Snapshots(RequestHandler):
        def post(self, name):
            Hub.asked.append(("snapshot", name, self.request.headers["Authorization"]))
            if Hub.refusal:
                self.set_status(429)
                self.finish({"message": Hub.refusal})
                return
            kept = project / ".snap" / SNAPSHOT
            shutil.copytree(project, kept, ignore=shutil.ignore_patterns(".snap"))
            self.set_status(201)
            self.finish({"name": SNAPSHOT})

    Hub.asked = []
    handlers = [
        (r"/hub/api/mofang/projects/([^/]+)/role", Role),
        (r"/hub/api/mofang/projects/([^/]+)/snapshots", Snapshots),
    ]
    async with served(Application(handlers)) as port:
        monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://127.0.0.1:{port}/hub/api")
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", HUB_TOKEN)
        yield Hub


async def survey(http):
    answer = await http.get(f"{API}/project/cleanup")
    assert answer.status_code == 200, answer.text
    return answer.json()


def named(found):
    return {each["path"] or "__pycache__": each["id"] for each in found["items"]}


async def send(http, path, **body):
    return await http.post(f"{API}/project/{path}", json=body)


async def test_an_admin_cleans_up_and_takes_it_back(hub, project, server):
    model = project / "runs/checkpoint-5/model.safetensors"
    async with server.client() as http:
        found = await survey(http)
        chosen = list(named(found).values())
        done = (await send(http, "cleanup", items=chosen, mode="snapshot")).json()
        left = [model.exists(), (project / ".cache/pip").exists()]
        undone = await send(http, "cleanup/undo", undo=done["undo"])

    assert set(named(found)) == ALL
    assert (found["root"], found["reason"]) == (str(project), "")
    assert not found["restricted"]
    assert str(project / "runs") in {each["path"] for each in found["directories"]}
    assert (done["removed"], done["skipped"], left) == (4, [], [False, False])
    assert undone.json() == {"restored": 4, "skipped": []}
    assert model.stat().st_size == 100_000
    assert ("snapshot", "vision", f"token {HUB_TOKEN}") in hub.asked


async def test_what_somebody_may_be_using_is_not_selected(hub, project, server):
    old = project / ".cache/pip/a.whl"
    os.utime(old, (1_000_000_000, 1_000_000_000))
    async with server.client() as http:
        items = {each["path"]: each for each in (await survey(http))["items"]}

    assert items[".cache/pip"]["preselected"]
    assert items["runs/checkpoint-5"]["in_use"] == "recent"
    assert not items["ada/.cache/huggingface/hub"]["preselected"]
    assert (items[""]["in_use"], items[""]["preselected"]) == ("recent", False)


async def test_a_member_sees_and_removes_caches_alone(hub, project, server):
    async with server.client() as http:
        of_admin = named(await survey(http))
        hub.role = "member"
        refused = await send(
            http, "cleanup", items=[of_admin["runs/checkpoint-5"]], mode="permanent"
        )
        found = await survey(http)
        chosen = [named(found)["ada/.cache/huggingface/hub"]]
        done = (await send(http, "cleanup", items=chosen, mode="snapshot")).json()
        undone = await send(http, "cleanup/undo", undo=done["undo"])

    assert refused.status_code == 403
    assert "Only an administrator" in refused.json()["message"]
    assert (set(named(found)), found["restricted"]) == (CACHES, True)
    assert (done["removed"], undone.json()["restored"]) == (1, 1)
    assert (project / "runs/checkpoint-5/model.safetensors").exists()


async def test_a_member_takes_back_what_was_a_cache_alone(hub, project, server):
    async with server.client() as http:
        chosen = [named(await survey(http))["runs/checkpoint-5"]]
        done = (await send(http, "cleanup", items=chosen, mode="trash")).json()
        hub.role = "member"
        answers = [
            await send(http, f"cleanup/{act}", undo=done["undo"])
            for act in ("undo", "delete")
        ]

    assert [each.status_code for each in answers] == [403, 403]
    (trashed,) = (project / f".Trash-{os.getuid()}" / "files").iterdir()
    assert (trashed / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("role", "says"),
    [("viewer", "Only members"), ("", "Only members"), (None, "not known. There is")],
)
async def test_others_see_sizes_and_remove_nothing(hub, project, server, role, says):
    async with server.client() as http:
        chosen = list(named(await survey(http)).values())
        hub.role = role
        # What was listed before is no way round.
        acts = [
            await send(http, "cleanup", items=chosen, mode=mode)
            for mode in ("snapshot", "trash", "permanent")
        ]
        found = await survey(http)

    assert {each.status_code for each in acts} <= {403, 503}
    assert all(says in each.json()["message"] for each in acts)
    assert found["items"] == []
    assert says in found["reason"]
    assert found["directories"]
    assert (project / "runs/checkpoint-5/model.safetensors").exists()
    assert not (project / f".Trash-{os.getuid()}").exists()


async def test_a_hub_that_refuses_a_snapshot_removes_nothing(hub, project, server):
    hub.refusal = "A snapshot was taken a moment ago. Try again in 9 seconds."
    async with server.client() as http:
        chosen = list(named(await survey(http)).values())
        answer = await send(http, "cleanup", items=chosen, mode="snapshot")

    assert answer.status_code == 503
    assert "Nothing was removed" in answer.json()["message"]
    assert "9 seconds" in answer.json()["message"]
    assert (project / ".cache/pip/a.whl").exists()


async def test_another_servers_clean_up_is_undone_here(hub, project, server):
    """Members have servers of their own, which share what is kept of clean-ups."""
    async with server.client() as http:
        chosen = [named(await survey(http))[".cache/pip"]]
        done = (await send(http, "cleanup", items=chosen, mode="snapshot")).json()
        kept = project / ".mofang" / "cleanups" / f"{done['undo']}.json"
        text = kept.read_text()
        last = [(await survey(http))["last"]["undo"]]
        # As another server does that puts it back.
        kept.unlink()
        last.append((await survey(http))["last"])
        kept.write_text(text)
        undone = await send(http, "cleanup/undo", undo=done["undo"])

    assert last == [done["undo"], None]
    assert undone.json() == {"restored": 1, "skipped": []}


@pytest.mark.parametrize("part", ["..", "a/../../../speech", "/etc", ".snap"])
async def test_what_is_kept_of_a_clean_up_leads_nowhere_else(
    hub, project, server, storage, part
):
    """Anybody of the project may write it, and an admin be the one who undoes it."""
    undo = "0123456789abcdef"
    folder = project / ".mofang" / "cleanups"
    folder.mkdir(parents=True)
    content = {
        "at": "2026-11-30T04:15:00+00:00",
        "mode": "trash",
        "bytes": 0,
        "snapshot": "",
        "removed": [{"parts": [part], "bytes": 0, "name": "secret"}],
    }
    (folder / f"{undo}.json").write_text(json.dumps(content))
    async with server.client() as http:
        answers = [
            await send(http, f"cleanup/{act}", undo=undo) for act in ("undo", "delete")
        ]

    assert [each.status_code for each in answers] == [404, 404]
    assert (storage / "projects/speech/secret").read_text() == "secret"
