"""A policy that is wanted and not there: what still goes on, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration
from unit.mofang_jobs.conftest import make_job, make_observed_job

from mofang_hub.settings import GangSettings
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.engine_discovery import EngineDiscovery
from mofang_jobs.scheduling.pod_group_controller import PodGroupController
from mofang_kube.errors import ConflictError, InvalidError
from mofang_kube.watcher import Watcher

VOLCANO = "/apis/scheduling.volcano.sh/v1beta1"
MESSAGE = "The setting jobs.gang.policy is volcano, but this cluster serves no"


class Server:
    """An API server that serves nothing until Volcano is installed."""

    def __init__(self) -> None:
        self.has_volcano = False

    async def answer(self, request: web.Request) -> web.Response:
        if not self.has_volcano or request.path.rstrip("/") != VOLCANO:
            return web.json_response({"message": "no"}, status=404)
        named = {"name": "podgroups", "singularName": "podgroup", "kind": "PodGroup"}
        resource = {**named, "namespaced": True, "verbs": ["list"]}
        return web.json_response({"groupVersion": VOLCANO[6:], "resources": [resource]})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def api(server: Server) -> AsyncIterator[ApiClient]:
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    async with TestServer(app, shutdown_timeout=0) as running:
        url = str(running.make_url("")).rstrip("/")
        async with ApiClient(Configuration(host=url)) as client:
            yield client


@pytest.fixture
async def gangs(api: ApiClient) -> AsyncIterator[PodGroupController]:
    made = PodGroupController(api, None, GangSettings(policy="volcano"))
    yield made
    await made.stop()


async def test_all_else_goes_on_without_the_policy(
    api: ApiClient, gangs: PodGroupController
) -> None:
    """Jobs can be listed and cancelled once it is known which kinds there are."""
    cache = JobCache({}, Watcher(api, "/pods"), Watcher(api, "/nodes"))
    task = asyncio.create_task(EngineDiscovery(api, cache, gangs.select_policy).run())
    try:
        async with asyncio.timeout(30):
            await cache.has_kinds.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_jobs_are_refused_with_the_policy_s_own_sentence(
    gangs: PodGroupController,
) -> None:
    await gangs.select_policy()

    with pytest.raises(ConflictError, match=MESSAGE):
        gangs.scheduling_metadata(make_job())
    with pytest.raises(ConflictError, match=MESSAGE):
        await gangs.create_if_absent(make_observed_job(), {})


async def test_jobs_are_taken_once_the_policy_is_there(
    server: Server, gangs: PodGroupController
) -> None:
    await gangs.select_policy()
    server.has_volcano = True

    await gangs.select_policy()

    assert gangs.scheduling_metadata(make_job()).scheduler == "volcano"


async def test_the_search_outlives_whatever_is_refused(api: ApiClient) -> None:
    told: list[str] = []
    cache = JobCache({}, Watcher(api, "/pods"), Watcher(api, "/nodes"))

    async def select_policy() -> None:
        told.append("again")
        if len(told) == 1:
            raise InvalidError("Something is set that is not there.")

    discovery = EngineDiscovery(api, cache, select_policy, retry_seconds=0.01)
    task = asyncio.create_task(discovery.run())
    try:
        async with asyncio.timeout(30):
            await cache.has_kinds.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
