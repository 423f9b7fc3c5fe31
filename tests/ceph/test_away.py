"""The storage is away while people have notebooks and jobs have files open."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from traitlets.config import Config
from unit.mofang_training.notebook import Notebook, running_notebook

from mofang_local.ceph.cluster import CephCluster
from support.ceph import daemon_process, mount_on
from support.steady_io import steady_files

log = logging.getLogger(__name__)

pytestmark = pytest.mark.long

WITHIN_SECONDS = 180
NAME = "users/away"
SPACE = "mofang/files/api/space"


@pytest.fixture
def home(ceph: CephCluster) -> Iterator[Path]:
    """A home, as a node mounts it."""
    made = ceph.settings.operator_mount / NAME
    made.mkdir()
    yield mount_on("cpu-1") / NAME
    shutil.rmtree(made)


@pytest.fixture
async def server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> AsyncIterator[Notebook]:
    """A notebook's server of that home."""
    config = Config({"FilesExtension": {"home": str(home), "project": ""}})
    async with running_notebook(
        monkeypatch, tmp_path, "mofang_files", config=config
    ) as notebook:
        # As the platform's, whose paths lead to the mount without a link.
        notebook.app.contents_manager.root_dir = str(home.parent)
        yield notebook


@contextmanager
def storage_away(seconds: float) -> Iterator[None]:
    """Stop all that serves the file system for so long; it goes on with what it had.

    A thread ends that, so that a server that waits for the storage in this process'
    event loop fails the test and does not stop it.
    """
    stopped = [daemon_process(each) for each in ("mon", "osd", "mds")]

    def resume() -> None:
        for each in stopped:
            os.kill(each, signal.SIGCONT)

    ending = threading.Timer(seconds, resume)
    try:
        for each in stopped:
            os.kill(each, signal.SIGSTOP)
        ending.start()
        yield
        ending.join()
    finally:
        ending.cancel()
        resume()


def notebook(source: str) -> dict[str, object]:
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


async def save(http: httpx.AsyncClient, source: str) -> int:
    answer = await http.put("api/contents/away/work.ipynb", json=notebook(source))
    return answer.status_code


async def since(http: httpx.AsyncClient) -> str | None:
    """Since when the server says that the storage is away."""
    found = (await http.get(SPACE)).json()["away_since"]
    return None if found is None else str(found)


async def save_in_time(http: httpx.AsyncClient, source: str) -> None:
    """Save as JupyterLab does: what was refused is sent again."""
    while (answered := await save(http, source)) != 200:
        assert answered == 503


@pytest.mark.parametrize("seconds", [15, 300], ids=str)
async def test_nothing_is_lost_while_the_storage_is_away(
    ceph: CephCluster, home: Path, server: Notebook, seconds: int
) -> None:
    """The person is told, and the server goes on; what was refused is saved later."""
    other = mount_on("gpu-1") / NAME
    with steady_files(home, other) as files:
        async with server.client() as http:
            http.timeout = httpx.Timeout(seconds + WITHIN_SECONDS)
            assert await save(http, "saved = 1") in {200, 201}
            assert await since(http) is None
            with storage_away(seconds):
                began = time.monotonic()
                saving = asyncio.create_task(save_in_time(http, "saved = 2"))
                while await since(http) is None:
                    assert time.monotonic() - began < 60
                log.info("told after %.1f s", time.monotonic() - began)
                refused = await http.get(
                    "mofang/files/api/versions", params={"path": "away/work.ipynb"}
                )
                assert refused.status_code == 503
                assert (await http.get("api/status")).status_code == 200
                assert not saving.done()
                await saving
                began += seconds
                log.info("saved %.1f s after it was back", time.monotonic() - began)
            async with asyncio.timeout(WITHIN_SECONDS):
                # Each question waits for the storage by itself.
                while await since(http) is not None:
                    pass
        for each in files:
            await asyncio.to_thread(each.wait_for, 20, within=WITHIN_SECONDS)
        log.info("files went on after %.1f s", time.monotonic() - began)
    text = await asyncio.to_thread((other / "work.ipynb").read_text)
    assert "saved = 2" in text
