"""A real Jupyter server on a file system that does not answer: nothing else waits."""

import asyncio
import json
import threading
import uuid
from datetime import timedelta

import pytest
from traitlets.config import Config
from unit.mofang_files.conftest import API
from unit.mofang_training.notebook import BROWSER_TOKEN, running_notebook
from websockets.asyncio.client import connect

from mofang_files.storage_calls import StorageCalls, StorageLimits
from support.eventually import until
from support.hanging_mount import hanging_mount

QUICK = StorageLimits(
    question=timedelta(seconds=0.5), outage=timedelta(seconds=2), calls=8
)
PATIENT = StorageLimits(question=timedelta(seconds=0.5), outage=timedelta(minutes=2))
LIMIT = 60
"""Seconds within which whatever is meant to be answered is."""


@pytest.fixture
async def server(monkeypatch, tmp_path):
    """A server; its home is mounted only when it runs."""
    home = tmp_path / "root" / "home"
    config = Config({"FilesExtension": {"home": str(home), "project": ""}})
    async with running_notebook(
        monkeypatch, tmp_path, "mofang_files", beside=["jupyterlab"], config=config
    ) as notebook:
        yield notebook


@pytest.fixture
def mount(server, tmp_path):
    (tmp_path / "source").mkdir()
    with hanging_mount(tmp_path / "source", tmp_path / "root" / "home") as made:
        yield made


def use(server, limits):
    server.app.contents_manager.calls = StorageCalls(limits)


def notebook(source):
    """What JupyterLab sends to save one."""
    cell = {
        "cell_type": "code",
        "id": "a",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return {"type": "notebook", "content": content}


def save(http, source, name="work.ipynb"):
    return asyncio.create_task(
        http.put(f"api/contents/home/{name}", json=notebook(source))
    )


async def test_a_kernel_runs_cells_while_a_save_hangs(server, mount):
    """It hung with it before: all of the server did."""
    use(server, PATIENT)
    async with server.client() as http, asyncio.timeout(2 * LIMIT):
        assert (await save(http, "saved = 1")).status_code == 201
        kernel = (await http.post("api/kernels", json={"name": "python3"})).json()["id"]
        address = f"{server.url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels"
        headers = {"Authorization": f"token {BROWSER_TOKEN}"}
        async with connect(
            address, additional_headers=headers, open_timeout=LIMIT, proxy=None
        ) as socket:
            assert await run(socket, "print(6 * 7)") == "42\n"
            with mount.away():
                saving = save(http, "saved = 2")
                listing = asyncio.create_task(http.get("api/contents/home"))
                await until(lambda: calls_of(server) == 2)
                loop = asyncio.get_running_loop()
                asked = loop.time()
                assert (await http.get("api/status")).status_code == 200
                assert await run(socket, "print(7 * 7)") == "49\n"
                seconds = loop.time() - asked
                assert not saving.done()
                assert not listing.done()
            assert (await saving).status_code == 200
            assert (await listing).status_code == 200
        await http.delete(f"api/kernels/{kernel}")

    assert seconds < 10
    assert "saved = 2" in (mount.path / "work.ipynb").read_text()


async def run(socket, code):
    """Run a cell as a notebook does; return what it printed."""
    request = uuid.uuid4().hex
    header = {
        "msg_id": request,
        "msg_type": "execute_request",
        "session": "s",
        "username": "ada",
        "version": "5.4",
        "date": "2026-11-30T12:00:00Z",
    }
    content = {"code": code, "silent": False, "store_history": False}
    message = {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
        "buffers": [],
    }
    await socket.send(json.dumps(message))
    printed = ""
    while True:
        answer = json.loads(await socket.recv())
        if answer["parent_header"].get("msg_id") != request:
            continue
        if answer["msg_type"] == "stream":
            printed += answer["content"]["text"]
        elif answer["content"].get("execution_state") == "idle":
            return printed


def calls_of(server):
    """How many calls the storage has not answered."""
    return sum(each.name == "storage" for each in threading.enumerate())


async def test_after_a_while_a_save_is_refused_and_changes_nothing_later(server, mount):
    """JupyterLab keeps what it could not save, and is told no lie about the file."""
    use(server, QUICK)
    async with server.client() as http, asyncio.timeout(2 * LIMIT):
        await save(http, "saved = 1")
        with mount.away():
            refused = await save(http, "saved = 2")
            at_once = await asyncio.gather(
                save(http, "saved = 3"),
                http.get("api/contents/home/work.ipynb"),
                http.get("api/contents/home"),
                http.get("files/home/work.ipynb"),
            )
        await until(lambda: calls_of(server) == 0)
        text = (mount.path / "work.ipynb").read_text()
        saved = await save(http, "saved = 4")

    assert {each.status_code for each in [refused, *at_once]} == {503}
    assert "has not answered since" in refused.json()["message"]
    assert "saved = 1" in text
    assert saved.status_code == 200
    assert "saved = 4" in (mount.path / "work.ipynb").read_text()


async def test_of_saves_that_hang_the_last_one_is_kept(server, mount):
    use(server, PATIENT)
    async with server.client() as http, asyncio.timeout(2 * LIMIT):
        await save(http, "saved = 0")
        with mount.away():
            saves = []
            for number in range(1, 6):
                saves.append(save(http, f"saved = {number}"))
                # One request comes after the other.
                await http.get("api/status")
        answers = await asyncio.gather(*saves)

    assert {each.status_code for each in answers} == {200}
    assert "saved = 5" in (mount.path / "work.ipynb").read_text()


async def test_threads_do_not_pile_up(server, mount):
    """However many ask, and whatever they ask for."""
    use(server, QUICK)
    names = [f"{number}.ipynb" for number in range(40)]
    async with server.client() as http, asyncio.timeout(2 * LIMIT):
        with mount.away():
            asked = [
                asyncio.create_task(http.get(f"api/contents/home/{name}"))
                for name in names
            ]
            await until(lambda: calls_of(server) >= QUICK.calls)
            assert (await http.get("api/status")).status_code == 200
            refused = await asyncio.gather(*asked)
            most = calls_of(server)

    assert {each.status_code for each in refused} == {503}
    # One more asks whether the storage answers.
    assert most == QUICK.calls + 1


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("GET", "api/kernelspecs", None),
        ("GET", "api/config/notebook", None),
        ("GET", "lab/tree/home/work.ipynb", None),
        ("GET", "lab/api/settings/@jupyterlab/apputils-extension:themes", None),
        ("PUT", "lab/api/workspaces/default", {"data": {}, "metadata": {}}),
        ("POST", "api/kernels", {"name": "python3"}),
        (
            "POST",
            "api/sessions",
            {
                "path": "a.ipynb",
                "type": "notebook",
                "name": "",
                "kernel": {"name": "python3"},
            },
        ),
    ],
)
async def test_what_needs_the_home_is_refused(server, mount, verb, path, body):
    """These ask for files in the event loop: they would stop it."""
    async with server.client() as http, asyncio.timeout(LIMIT):
        with mount.away():
            refused = await http.request(verb, path, json=body)
            alive = await asyncio.gather(
                http.get("api/status"), http.get("api/kernels"), http.get("api/me")
            )
            away = (await http.get(f"{API}/space")).json()["away_since"]

    assert refused.status_code == 503
    assert "has not answered since" in refused.text
    assert {each.status_code for each in alive} == {200}
    assert away


async def test_a_download_that_hangs_stops_nothing(server, mount):
    use(server, QUICK)
    (mount.path / "large.bin").write_bytes(bytes(8 << 20))
    async with server.client() as http, asyncio.timeout(2 * LIMIT):
        whole = await http.get("files/home/large.bin")
        with mount.away():
            asked = asyncio.create_task(http.get("files/home/large.bin"))
            await until(lambda: calls_of(server) >= 1)
            assert (await http.get("api/status")).status_code == 200
            refused = await asked

    assert whole.content == bytes(8 << 20)
    assert refused.status_code == 503
