"""A JupyterHub with KubeSpawner as they come, on the same cluster.

Its routes lead nowhere: configurable-http-proxy takes milliseconds for one, so
what is compared is the spawner and the hub's waiting for it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import httpx

from support.eventually import eventually
from support.platform import Platform

NAMESPACE = "bench-stock"
ADDRESS = "10.213.0.2"
PORT = 9081
TOKEN = "bench-stock-token"

_CONFIG = """
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False
    routes = {{}}
    async def add_route(self, routespec, target, data):
        self.routes[routespec] = dict(routespec=routespec, target=target, data=data)
    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)
    async def get_all_routes(self):
        return self.routes

c = get_config()
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.bind_url = "http://{address}:{public}"
c.JupyterHub.hub_bind_url = "http://{address}:{port}"
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [dict(name="bench", api_token="{token}")]
c.JupyterHub.load_roles = [dict(name="bench", services=["bench"],
    scopes=["admin:users", "admin:servers"])]
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = "{namespace}"
c.KubeSpawner.image = "{image}"
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
c.KubeSpawner.cpu_guarantee = 0.5
c.KubeSpawner.cpu_limit = 2
c.KubeSpawner.mem_guarantee = c.KubeSpawner.mem_limit = "1G"
c.KubeSpawner.working_dir = "/tmp"
c.KubeSpawner.environment = dict(HOME="/tmp")
"""


class StockHub:
    """Runs while the block does."""

    def __init__(self, platform: Platform, image: str) -> None:
        self._platform = platform
        self._folder = tempfile.TemporaryDirectory()
        config = Path(self._folder.name) / "jupyterhub_config.py"
        config.write_text(
            _CONFIG.format(
                address=ADDRESS,
                port=PORT,
                public=PORT + 1,
                token=TOKEN,
                namespace=NAMESPACE,
                image=image,
            )
        )
        self._command = [sys.executable, "-m", "jupyterhub", "--config", str(config)]

    def __enter__(self) -> Self:
        namespace = {"apiVersion": "v1", "kind": "Namespace"}
        self._platform.apply({**namespace, "metadata": {"name": NAMESPACE}})
        environment = {**os.environ, "KUBECONFIG": self._platform.kubeconfig}
        log = Path(self._folder.name) / "hub.log"
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder.name,
            env=environment,
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(self._is_up, within=60, what="the stock hub")
        except AssertionError as error:
            error.add_note(log.read_text()[-3000:])
            self.__exit__()
            raise
        self._call("POST", "/users/bench")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        self._platform.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
        self._folder.cleanup()

    def _call(self, verb: str, path: str) -> httpx.Response:
        return httpx.request(
            verb,
            f"http://{ADDRESS}:{PORT}/hub/api{path}",
            headers={"Authorization": f"token {TOKEN}"},
            timeout=60,
            trust_env=False,
        )

    def _is_up(self) -> bool:
        try:
            return self._call("GET", "/").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _server(self) -> dict[str, object] | None:
        servers = self._call("GET", "/users/bench").json()["servers"]
        found: dict[str, object] | None = servers.get("")
        return found

    def start_server(self) -> float:
        """Seconds from the REST call to the hub's word that it is ready."""
        began = time.monotonic()
        answer = self._call("POST", "/users/bench/server")
        assert answer.status_code in (201, 202), answer.text
        eventually(
            lambda: (self._server() or {}).get("ready"),
            within=90,
            what="the stock server",
            every=0.02,
        )
        took = time.monotonic() - began
        self._call("DELETE", "/users/bench/server")
        eventually(lambda: not self._server(), within=60, what="its end")
        return took
