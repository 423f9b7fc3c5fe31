"""Files by way of threads: what Jupyter Server's own manager does, it does as well."""

import asyncio
import inspect
import json
import os
import sqlite3
from pathlib import Path

import pytest
from jupyter_server.services.contents.largefilemanager import (
    AsyncLargeFileManager,
    LargeFileManager,
)
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets import TraitError
from traitlets.config import Config
from unit.mofang_training.notebook import running_notebook

from mofang_files.contents import ThreadedFileManager
from mofang_files.mount_points import find_mount_point

NOT_FILES = {"get_kernel_path"}
"""Asks for nothing but by way of another."""


@pytest.fixture
async def files(server):
    """A client of the server of a home."""
    async with server.client() as http:
        yield http


def text(content):
    return {"type": "file", "format": "text", "content": content}


def test_each_way_to_a_file_is_one_of_threads():
    """One that Jupyter Server adds later would ask in the event loop again."""
    asked = {
        name
        for name, method in inspect.getmembers(AsyncLargeFileManager)
        if inspect.iscoroutinefunction(method) and not name.startswith("_")
    }

    assert asked > NOT_FILES
    for name in asked - NOT_FILES:
        assert name in vars(ThreadedFileManager), name
        ours, theirs = (
            [
                (each.name, each.default)
                for each in inspect.signature(method).parameters.values()
            ]
            for method in (
                getattr(ThreadedFileManager, name),
                getattr(LargeFileManager, name),
            )
        )
        assert ours == theirs, name


async def test_a_server_uses_it_unless_told_otherwise(server, monkeypatch, tmp_path):
    assert type(server.app.contents_manager) is ThreadedFileManager


async def test_another_manager_is_left_alone(monkeypatch, tmp_path, storage):
    class Mine(AsyncLargeFileManager):
        pass

    config = Config({"FilesExtension": {"home": str(storage / "home"), "project": ""}})
    async with running_notebook(
        monkeypatch,
        tmp_path,
        "mofang_files",
        config=config,
        contents_manager_class=Mine,
    ) as notebook:
        assert type(notebook.app.contents_manager) is Mine


async def test_what_people_do_with_files(files, storage):
    """Make, list, rename, copy, go back to a checkpoint, delete."""
    home = storage / "home"
    made = await files.post("api/contents/home", json={"type": "notebook"})
    folder = await files.post("api/contents/home", json={"type": "directory"})
    renamed = await files.patch(
        f"api/contents/{made.json()['path']}", json={"path": "home/work.ipynb"}
    )
    await files.put("api/contents/home/a.txt", json=text("one"))
    kept = await files.post("api/contents/home/a.txt/checkpoints")
    await files.put("api/contents/home/a.txt", json=text("two"))
    back = await files.post(f"api/contents/home/a.txt/checkpoints/{kept.json()['id']}")
    copied = await files.post("api/contents/home", json={"copy_from": "home/a.txt"})
    listed = (await files.get("api/contents/home")).json()["content"]
    gone = await files.delete("api/contents/home/a.txt")
    hashed = await files.get("api/contents/home/work.ipynb?hash=1")

    assert made.json()["name"] == "Untitled.ipynb"
    assert folder.json()["name"] == "Untitled Folder"
    assert renamed.json()["path"] == "home/work.ipynb"
    assert back.status_code == 204
    assert (home / copied.json()["name"]).read_text() == "one"
    assert {each["name"] for each in listed} >= {"work.ipynb", "a.txt", "a-Copy1.txt"}
    assert gone.status_code == 204
    assert not (home / "a.txt").exists()
    assert len(hashed.json()["hash"]) == 64


async def test_a_large_file_comes_in_pieces(files, storage):
    for chunk, content in [(1, "one,"), (2, "two,"), (-1, "three")]:
        body = {**text(content), "chunk": chunk}
        answer = await files.put("api/contents/home/data.csv", json=body)
        assert answer.status_code in {200, 201}

    assert (storage / "home" / "data.csv").read_text() == "one,two,three"


async def test_two_new_notebooks_never_get_one_name(files):
    """Whoever is second would write over the first."""
    answers = await asyncio.gather(
        *(files.post("api/contents/home", json={"type": "notebook"}) for _ in range(10))
    )

    assert len({each.json()["path"] for each in answers}) == 10


async def test_a_trusted_notebook_stays_trusted_in_every_thread(
    files, server, storage, tmp_path
):
    """Its signature is in a database that one thread alone may use at a time."""
    output = new_output("display_data", {"text/html": "<b>hello</b>"})
    content = new_notebook(cells=[new_code_cell("1", outputs=[output])])
    path = storage / "home" / "work.ipynb"
    path.write_text(json.dumps(content))

    async def is_trusted(name="work.ipynb"):
        answer = await files.get(f"api/contents/home/{name}")
        return answer.json()["content"]["cells"][0]["metadata"].get("trusted")

    before = await asyncio.gather(*(is_trusted() for _ in range(5)))
    trusting = await files.post("api/contents/home/work.ipynb/trust")
    after = await asyncio.gather(*(is_trusted() for _ in range(5)))

    assert before == [False] * 5
    assert trusting.status_code == 201
    assert after == [True] * 5
    database = Path(server.app.contents_manager.notary.db_file)
    with sqlite3.connect(database) as opened:
        assert opened.execute("select count(*) from nbsignatures").fetchone() == (1,)
    opened.close()


async def test_hooks_and_events_are_those_of_the_manager(files, server):
    manager = server.app.contents_manager
    heard, managers = asyncio.Queue(), []

    async def hear(logger, schema_id, data):
        heard.put_nowait(data)

    def before(model, path, contents_manager):
        managers.append(contents_manager)
        model["content"] = model["content"].upper()

    manager.register_pre_save_hook(before)
    manager.event_logger.add_listener(schema_id=manager.event_schema_id, listener=hear)
    await files.put("api/contents/home/a.txt", json=text("one"))
    async with asyncio.timeout(30):
        while (event := await heard.get())["action"] != "save":
            pass
    found = (await files.get("api/contents/home/a.txt")).json()

    assert managers == [manager]
    assert found["content"] == "ONE"
    assert event["path"] == "home/a.txt"


async def test_settings_count_whenever_they_are_made(files, server, storage):
    (storage / "home" / ".hidden").write_text("x")
    before = await files.get("api/contents/home/.hidden")
    server.app.contents_manager.allow_hidden = True
    after = await files.get("api/contents/home/.hidden")

    assert (before.status_code, after.status_code) == (404, 200)


@pytest.mark.parametrize("section", ["ContentsManager", "AsyncLargeFileManager"])
async def test_configuration_of_the_servers_own_classes_counts(
    monkeypatch, tmp_path, section
):
    config = Config({section: {"untitled_notebook": "Draft"}})
    async with (
        running_notebook(
            monkeypatch, tmp_path, "mofang_files", config=config
        ) as notebook,
        notebook.client() as http,
    ):
        made = await http.post("api/contents", json={"type": "notebook"})

    assert made.json()["name"] == "Draft.ipynb"


@pytest.mark.parametrize("name", ["home", "none"])
def test_the_first_directory_is_looked_for_when_it_is_configured(tmp_path, name):
    """As in the images; Jupyter Server does so before the manager is whole."""
    (tmp_path / "home").mkdir()
    config = Config({"FileContentsManager": {"preferred_dir": name}})
    if name == "none":
        with pytest.raises(TraitError, match="not found"):
            ThreadedFileManager(root_dir=str(tmp_path), config=config)
        return

    manager = ThreadedFileManager(root_dir=str(tmp_path), config=config)

    assert manager.preferred_dir == "home"
    assert manager.files.root_dir == str(tmp_path)


async def test_downloads(files, tmp_path):
    """Whole, in part, without the content, and none of what is hidden."""
    root = tmp_path / "root"
    (root / "src").mkdir()
    content = os.urandom(3 << 20)
    (root / "data.bin").write_bytes(content)
    (root / ".hidden").write_text("x")

    whole = await files.get("files/data.bin")
    part = await files.get("files/data.bin", headers={"Range": "bytes=5-9"})
    end = await files.get("files/data.bin", headers={"Range": "bytes=-4"})
    head = await files.head("files/data.bin")
    saved = await files.get("files/data.bin?download=1")
    fresh = await files.get(
        "files/data.bin",
        headers={"If-Modified-Since": whole.headers["Last-Modified"]},
    )
    refused = [
        (await files.get(f"files/{name}")).status_code
        for name in (".hidden", "none", "src")
    ]

    assert whole.content == content
    assert (part.status_code, part.content) == (206, content[5:10])
    assert end.content == content[-4:]
    assert (head.content, head.headers["Content-Length"]) == (b"", str(3 << 20))
    assert "attachment" in saved.headers["Content-Disposition"]
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert refused == [404, 404, 403]


async def test_a_stranger_gets_no_file(server, storage):
    (storage / "home" / "a.txt").write_text("one")
    async with server.client(token=None) as http:
        answers = [
            await http.get(path) for path in ("files/home/a.txt", "api/contents/home")
        ]

    assert {each.status_code for each in answers} <= {302, 403}


TABLE = rb"""21 1 0:20 / / rw - overlay overlay rw
22 21 0:21 / /proc rw - proc proc rw
23 21 0:22 /users/ada /home/jovyan rw - ceph a rw
24 21 0:23 / /home rw - ext4 b rw
25 21 0:24 / /data/our\040own rw - nfs c rw
"""


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/home/jovyan/a.ipynb", "/home/jovyan"),
        ("/home/jovyan", "/home/jovyan"),
        ("/home/jovyanne/a", "/home"),
        ("/data/our own/a", "/data/our own"),
        ("/etc/hosts", "/"),
    ],
)
def test_a_path_is_on_the_nearest_mount(tmp_path, path, point):
    table = tmp_path / "mountinfo"
    table.write_bytes(TABLE)

    assert find_mount_point(path, table) == point
