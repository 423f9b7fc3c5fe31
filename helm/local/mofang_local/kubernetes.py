"""Talking to the running cluster with kubectl."""

import datetime
import json
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import yaml

from mofang_local.errors import StartError
from mofang_local.local_paths import LocalPaths
from mofang_local.network import API_SERVER, Node


class Kubectl:
    """kubectl with the administrator's kubeconfig."""

    def __init__(self, paths: LocalPaths) -> None:
        self._paths = paths

    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": str(self._paths.kubeconfig)}

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl printed.

        Raises:
            StartError: kubectl refused, with its sentence.
        """
        done = subprocess.run(  # noqa: S603 - the command is ours
            [str(self._paths.programs / "kubectl"), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment(),
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip()
            raise StartError(f"kubectl {' '.join(arguments)}: {said}")
        return done.stdout

    def get(self, *arguments: str) -> Any:
        return json.loads(self.run("get", *arguments, "-o", "json"))

    def apply(self, manifests: list[dict[str, Any]]) -> None:
        """Server-side apply, as one stream of documents."""
        self.run(
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            "-",
            stdin=yaml.safe_dump_all(manifests),
        )


def wait(check: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Until ``check`` is true.

    Args:
        check: Called each second.
        what: What is waited for, for the error.
        seconds: Maximum time.

    Raises:
        StartError: It was not, in that time.
    """
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise StartError(f"{what} was not there after {seconds:.0f} s")
        time.sleep(0.1)


def api_is_ready(paths: LocalPaths) -> bool:
    """Whether the API server says it is ready, as it does to anybody."""
    try:
        context = ssl.create_default_context(cafile=str(paths.pki / "ca.crt"))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
        )
        with opener.open(f"{API_SERVER}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own
    except (urllib.error.URLError, OSError):
        return False


def advertise_fake_gpus(kubectl: Kubectl, node: Node) -> None:
    """Let the node's status show GPUs that are not there, unless it does.

    The kubelet zeroes what no device plugin vouches for each time it registers,
    so this follows every start.
    """
    status = kubectl.get("node", node.name)["status"]
    shown = {status[part].get("nvidia.com/gpu") for part in ("capacity", "allocatable")}
    if shown == {str(node.fake_gpus)}:
        return
    resource = "nvidia.com~1gpu"
    patch = [
        {
            "op": "add",
            "path": f"/status/{part}/{resource}",
            "value": str(node.fake_gpus),
        }
        for part in ("capacity", "allocatable")
    ]
    kubectl.run(
        "patch",
        "node",
        node.name,
        "--subresource=status",
        "--type=json",
        "-p",
        json.dumps(patch),
    )


def nodes_ready(nodes: list[dict[str, Any]], since: datetime.datetime) -> set[str]:
    """Names of the nodes whose kubelet reported Ready after ``since``.

    After a restart etcd still holds what the kubelet said before it. A report
    also means that the kubelet has registered: it reports nothing earlier.
    """
    # Times in a node's status have no fraction of a second.
    since = since.replace(microsecond=0)
    return {
        node["metadata"]["name"]
        for node in nodes
        for condition in node["status"].get("conditions", [])
        if condition["type"] == "Ready"
        and condition["status"] == "True"
        and datetime.datetime.fromisoformat(condition["lastHeartbeatTime"]) >= since
    }
