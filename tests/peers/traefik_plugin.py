"""Loaded by pytest before traefik-proxy's tests: their ``proxy`` is an ``IstioProxy``.

The tests start their backends on this machine and expect TLS. A gateway routes to
Services only, so a pod in the cluster answers in the backends' place, on the same
ports, and a port of this machine takes TLS off before the gateway. Targets are
translated both ways; everything else is ``IstioProxy``.
"""

import asyncio
import contextlib
import os
import ssl
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from certipy import Certipy
from kubernetes_asyncio import client, config
from tornado.httpclient import AsyncHTTPClient

from mofang_hub.routes.proxy import IstioProxy
from mofang_kube.objects import ObjectStorage
from support.platform import Platform

HOST = "peers.localhost"
HOSTS = (HOST, "host.name", "other.host")
"""The suite's own hosts, and one for routes without a host."""
IMAGE = os.environ.get("MOFANG_PEERS_SERVER_IMAGE", "server")
PORTS = range(9000, 9016)
ISTIO = "networking.istio.io/v1"
_READY_SECONDS = 180

_BACKEND = f"""
import asyncio
from tornado import web, websocket

class Port(web.RequestHandler):
    def get(self):
        for name in ("Host", "Origin"):
            self.set_header(name, self.request.headers.get(name, "None"))
        self.finish(str(self.settings["port"]))

class Socket(websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True
    async def open(self):
        await self.write_message(str(self.settings["port"]))

async def main():
    for port in range({PORTS.start}, {PORTS.stop}):
        handlers = [(r".*/ws", Socket), (r".*", Port)]
        web.Application(handlers, port=port).listen(port)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class PeerProxy(IstioProxy):  # type: ignore[misc] # JupyterHub has no types
    """An ``IstioProxy`` whose targets are ports of this machine to the tests."""

    public_url = ""
    is_https = True
    backends = ""
    """``<service>.<namespace>.svc`` of the pod that answers."""

    async def add_route(
        self, routespec: str, target: str, data: Mapping[str, Any]
    ) -> None:
        """As asked, to the port of the Service."""
        port = urlsplit(target).port
        await super().add_route(routespec, f"http://{self.backends}:{port}", data)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """All routes, with the targets that the tests gave."""
        found = await super().get_all_routes()
        for route in found.values():
            port = urlsplit(route["target"]).port
            route["target"] = f"http://127.0.0.1:{port}"
        return found


def _objects(namespace: str) -> list[dict[str, Any]]:
    ports = [{"name": f"http-{port}", "port": port} for port in PORTS]
    container = {
        "name": "backends",
        "image": IMAGE,
        "command": ["python3", "-c", _BACKEND],
        "readinessProbe": {"tcpSocket": {"port": PORTS[-1]}, "periodSeconds": 1},
    }
    labels = {"app": "backends"}
    server = {
        "port": {"number": 80, "name": "http", "protocol": "HTTP"},
        "hosts": list(HOSTS),
    }
    found = [
        ("v1", "Namespace", namespace, {}),
        (
            ISTIO,
            "Gateway",
            "mofang",
            {
                "spec": {
                    "selector": {"istio": "ingressgateway"},
                    "servers": [server],
                }
            },
        ),
        (
            "v1",
            "Service",
            "backends",
            {"spec": {"selector": labels, "ports": ports}},
        ),
        (
            "v1",
            "Pod",
            "backends",
            {
                "spec": {
                    "containers": [container],
                    "terminationGracePeriodSeconds": 0,
                }
            },
        ),
    ]
    made = []
    for version, kind, name, rest in found:
        metadata: dict[str, Any] = {"name": name}
        if kind != "Namespace":
            metadata |= {"namespace": namespace, "labels": labels}
        made.append({"apiVersion": version, "kind": kind, "metadata": metadata, **rest})
    return made


@pytest.fixture(scope="session")
def event_loop() -> Any:
    """One loop for the whole run, as the connections are."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
async def cluster(event_loop: Any) -> AsyncIterator[client.ApiClient]:
    """A connection by ``KUBECONFIG``."""
    configuration = client.Configuration()
    await config.load_kube_config(client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        yield api


@pytest.fixture(scope="session")
async def namespace(cluster: client.ApiClient) -> AsyncIterator[str]:
    """A namespace with a Gateway of its own and the pod that answers."""
    name = f"peers-{uuid.uuid4().hex[:8]}"
    objects = ObjectStorage(cluster, field_manager="mofang-tests")
    for each in _objects(name):
        await objects.apply(each)
    core = client.CoreV1Api(cluster)
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            pod = await core.read_namespaced_pod("backends", name)
            conditions = pod.status.conditions or []
            if any(c.type == "Ready" and c.status == "True" for c in conditions):
                break
            await asyncio.sleep(1)
    yield name
    await core.delete_namespace(name)


@pytest.fixture(scope="session")
async def public_url(
    event_loop: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """Where TLS ends before the gateway."""
    folder = tmp_path_factory.mktemp("tls")
    certificates = Certipy(store_dir=str(folder))
    certificates.create_ca("ca")
    certificates.create_signed_pair("public", "ca", alt_names=[f"DNS:{HOST}"])
    files = certificates.store.get_record("public")["files"]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(files["cert"]), Path(files["key"]))
    gateway = urlsplit(Platform().url)

    async def forward(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        onward = await asyncio.open_connection(gateway.hostname, gateway.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(_pump(reader, onward[1]), _pump(onward[0], writer))

    server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    AsyncHTTPClient.configure(None, defaults={"validate_cert": False})
    yield f"https://{HOST}:{server.sockets[0].getsockname()[1]}"
    server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture
async def proxy(
    cluster: client.ApiClient, namespace: str, public_url: str
) -> AsyncIterator[PeerProxy]:
    """What the tests are about, with an empty table."""
    objects = ObjectStorage(cluster, field_manager="mofang-tests")
    for each in await objects.list_objects(
        ISTIO, "VirtualService", namespace=namespace
    ):
        await objects.delete(each | {"apiVersion": ISTIO, "kind": "VirtualService"})
    backends = f"backends.{namespace}.svc"
    made = PeerProxy(
        objects=objects,
        namespace=namespace,
        gateway=f"{namespace}/mofang",
        hosts=[HOST],
        hub_url=f"http://{backends}:{PORTS[0]}",
        probe_url=Platform().url,
    )
    made.public_url, made.backends = public_url, backends
    yield made
    await made.close()
