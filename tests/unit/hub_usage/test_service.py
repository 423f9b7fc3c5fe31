"""The ledger of a hub: its own watch of jobs beside the one of servers."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration
from unit.hub_usage.test_pods import a_body
from unit.hub_usage.test_recorder import NODES, eventually

from mofang_hub.usage.service import UsageService
from mofang_kube.watcher import Watcher

pytestmark = pytest.mark.asyncio

SELECTORS = web.AppKey("selectors", list)


async def answer(request):
    """The API server: one pod of a job, and a watch in which nothing happens."""
    if request.query.get("watch"):
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
    request.app[SELECTORS].append(request.query["labelSelector"])
    return web.json_response(
        {"metadata": {"resourceVersion": "7"}, "items": [a_body()]}
    )


@pytest.fixture
async def server():
    app = web.Application()
    app[SELECTORS] = []
    app.router.add_get("/api/v1/pods", answer)
    async with TestServer(app, shutdown_timeout=0) as running:
        yield running


@pytest.fixture
async def context(server):
    async def known():
        pass

    servers = Watcher(None, "/api/v1/pods")
    servers.has_synced.set()
    servers.last_event = time.time()
    labels = {
        "mofang.dev/project": "vision",
        "mofang.dev/owner": "ada",
        "mofang.dev/server": "jupyter-ada",
    }
    servers.put(a_body(name="jupyter-ada", uid="server", labels=labels))
    host = str(server.make_url("")).rstrip("/")
    async with ApiClient(Configuration(host=host)) as api:
        yield SimpleNamespace(
            api=api,
            pods=servers,
            pods_known=known,
            nodes_known=known,
            find_node=NODES.get,
            node_objects=list(NODES.values()),
        )


async def test_servers_and_jobs_are_in_one_ledger(context, server, tmp_path):
    usage = UsageService(
        context, f"sqlite:///{tmp_path}/jupyterhub.sqlite", keep_days=400
    )
    usage.start()
    usage.start()
    try:
        held = await eventually(lambda: usage.book.held)
        types = {each.allocation.workload_type.value for each in held}
        assert types == {"server", "job"}
        assert server.app[SELECTORS] == ["mofang.dev/job"]
        assert len(usage.watchers) == 1
    finally:
        await usage.stop()

    assert (tmp_path / "usage.sqlite").stat().st_size > 0


async def test_what_was_not_written_yet_is_at_the_end(context, tmp_path):
    url = f"sqlite:///{tmp_path}/jupyterhub.sqlite"
    usage = UsageService(context, url, keep_days=400)
    usage.start()
    await eventually(lambda: usage.book.held)
    context.pods.put(a_body(name="late", uid="late"))
    await eventually(lambda: len(usage.book.held) == 3)
    await usage.stop()

    again = UsageService(context, url, keep_days=400)
    ledger = await again.book.load(())
    await again.stop()

    assert len(ledger.open_intervals) == 3
