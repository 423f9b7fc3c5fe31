"""How long a route takes: through ``IstioProxy`` and as a bare VirtualService."""

import asyncio
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from kubernetes_asyncio.client import CustomObjectsApi

from bench.table import Row
from mofang_hub.routes.proxy import IstioProxy
from mofang_kube import clients
from support.platform import Platform

GATEWAY = "http://10.213.0.2:30080"
TARGET = "http://hub.mofang.svc:8081"
_API = ("networking.istio.io", "v1", "mofang", "virtualservices")


async def _bare(objects: CustomObjectsApi, name: str, host: str) -> float:
    path = f"/bench/{name}"
    rule: dict[str, Any] = {
        "match": [{"uri": {"exact": path}}],
        "directResponse": {"status": 200},
    }
    body = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": f"bench-{name}"},
        "spec": {
            "hosts": [host],
            "gateways": ["mofang/mofang"],
            "exportTo": ["istio-system"],
            "http": [rule],
        },
    }
    async with httpx.AsyncClient(trust_env=False, headers={"Host": host}) as http:
        began = time.monotonic()
        await objects.create_namespaced_custom_object(*_API, body)
        ok = httpx.codes.OK
        # Polling is what is measured.
        while (await http.get(GATEWAY + path)).status_code != ok:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        took = time.monotonic() - began
    await objects.delete_namespaced_custom_object(*_API, f"bench-{name}")
    return took


async def _measure(rounds: int) -> tuple[list[float], list[float]]:
    api = await clients.load()
    objects = CustomObjectsApi(api)
    url = Platform().url
    hub = urlsplit(url).hostname
    proxy = IstioProxy(
        host_routing=True,
        namespace="mofang",
        gateway="mofang/mofang",
        gateway_namespace="istio-system",
        hosts=[hub],
        hub_url=TARGET,
        probe_url=GATEWAY,
    )
    ours, bare = [], []
    for _ in range(rounds):
        name = secrets.token_hex(4)
        route = f"bench.{hub}/user/bench/{name}/"
        began = time.monotonic()
        await proxy.add_route(route, TARGET, {"bench": True})
        ours.append((time.monotonic() - began) * 1000)
        await proxy.delete_route(route)
        bare.append(await _bare(objects, name, f"bare.{hub}") * 1000)
    await proxy.close()
    await api.close()
    return ours, bare


def rows(rounds: int) -> list[Row]:
    """Until a route is live."""
    ours, bare = asyncio.run(_measure(rounds))
    return [
        Row(
            name="route live through the gateway",
            unit="ms",
            ours=ours,
            baseline_name="bare VirtualService",
            baseline=bare,
        )
    ]
