"""How long a server takes: ours, a bare pod of the same image, stock KubeSpawner."""

import json
import secrets
import time
from typing import Any

import httpx

from bench import stock
from bench.table import Row, in_turn
from support.eventually import eventually
from support.hub import HubSession
from support.platform import Platform

USER = "ada"
PROJECT = "vision"
NAMESPACE = f"mofang-project-{PROJECT}"
SERVER = f"{PROJECT}-base"
OPTIONS = {"project": PROJECT, "environment": "base"}


class Servers:
    """Starts and stops servers; each measurement leaves nothing behind."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.session = HubSession(platform, platform.login(USER))
        if self.session.server(SERVER):
            self.session.stop(SERVER)
        environment = platform.get("environment.mofang.dev", "base")
        self.image = str(environment["spec"]["image"])

    def ours(self) -> float:
        """Seconds from the REST call to the hub's word that it is ready."""
        began = time.monotonic()
        answer = self.session.start(SERVER, OPTIONS)
        assert answer.status_code in (201, 202), answer.text
        eventually(
            lambda: (self.session.server(SERVER) or {}).get("ready"),
            within=60,
            what="ready",
            every=0.02,
        )
        took = time.monotonic() - began
        self.session.stop(SERVER)
        return took

    def bare_pod(self) -> float:
        """Seconds from creating a pod of the same image to its first 200."""
        name = f"bare-{secrets.token_hex(3)}"
        began = time.monotonic()
        self.platform.kubectl("apply", "-f", "-", stdin=json.dumps(self._pod(name)))
        address = eventually(
            lambda: self._address(name), within=60, what="an address", every=0.02
        )
        url = f"http://{address}:8888/api"
        eventually(lambda: _answers(url), within=60, what="a 200", every=0.02)
        took = time.monotonic() - began
        self.platform.kubectl(
            "delete", "pod", name, "-n", NAMESPACE, "--grace-period=0", "--force"
        )
        return took

    def _pod(self, name: str) -> dict[str, Any]:
        command = ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]
        command += ["--ServerApp.root_dir=/tmp", "--FileContentsManager.preferred_dir="]
        security = {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        container = {
            "name": "lab",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": command,
            "securityContext": security,
            "env": [{"name": "HOME", "value": "/tmp"}],
            "resources": {
                "requests": {"cpu": "500m", "memory": "1Gi"},
                "limits": {"cpu": "2", "memory": "1Gi"},
            },
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {
                "automountServiceAccountToken": False,
                "containers": [container],
            },
        }

    def _address(self, name: str) -> str:
        pod = self.platform.get("pod", name, "-n", NAMESPACE)
        return str(pod["status"].get("podIP") or "")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def rows(platform: Platform, servers: Servers, rounds: int) -> list[Row]:
    """Until a server is ready."""
    with stock.StockHub(platform, servers.image) as hub:
        subjects = (servers.ours, servers.bare_pod, hub.start_server)
        in_turn(1, *subjects)
        ours, bare, plain = in_turn(rounds, *subjects)
    name = "start → server ready"
    return [
        Row(name=name, unit="s", ours=ours, baseline_name=what, baseline=samples)
        for what, samples in (("bare pod", bare), ("stock KubeSpawner", plain))
    ]
