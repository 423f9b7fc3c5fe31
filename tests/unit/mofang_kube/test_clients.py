"""The client of a pod asks its environment for nothing."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import ApiClient, Configuration

from mofang_kube.clients import ignore_environment
from mofang_kube.objects import ObjectStorage
from support.ports import free_port

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}


@pytest.fixture
async def api(monkeypatch):
    """A client whose environment names a proxy that nobody runs."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    app = web.Application()

    async def answer(_request):
        return web.json_response(NODE)

    app.router.add_get("/api/v1/nodes/n1", answer)
    async with TestServer(app) as server:
        configuration = Configuration(host=str(server.make_url("")).rstrip("/"))
        async with ApiClient(configuration) as client:
            yield client


async def test_a_proxy_of_the_environment_is_used_by_default(api):
    with pytest.raises(aiohttp.ClientProxyConnectionError):
        await api.rest_client.GET(f"{api.configuration.host}/api/v1/nodes/n1")


async def test_a_client_of_a_pod_uses_none(api):
    ignore_environment(api)

    found = await ObjectStorage(api, field_manager="test").find(NODE)

    assert found == NODE
