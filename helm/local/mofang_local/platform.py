"""Mofang itself on the cluster: its chart, its values, its log-ins."""

import json
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from mofang_local import forwarder, services, storage
from mofang_local.addons import NODE_PORT
from mofang_local.cluster import Cluster
from mofang_local.errors import PreflightError, StartError, last_lines
from mofang_local.files import is_written, write_private
from mofang_local.images import PlannedImage
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE
from mofang_local.processes import Program
from mofang_local.services import NAMESPACE, PROJECTS
from mofang_local.storage import StorageKind

USERS = ("ada", "ben")
ADMIN = "admin"
HOST = "mofang.localhost"
"""The hub's host. It and what is below it, the hosts of users, lead to loopback."""
ROOT_VOLUME = "mofang-storage-root"
"""Of hub, reconciler and audit log, as the chart calls it."""
ANSWER_SECONDS = 180
_STORAGE_TYPES = {StorageKind.LOCAL: "plain", StorageKind.CEPH: "cephfs"}
_BROKEN = 500
"""HTTP statuses from here on are not an answer of the hub."""


def passwords(paths: LocalPaths) -> dict[str, str]:
    """The users' shared and the administrator's password, made once."""
    path = paths.state / "passwords.json"
    if not is_written(path):
        # The authenticator asks for at least 8 and 32 characters.
        made = {"users": secrets.token_hex(6), "admin": secrets.token_hex(16)}
        write_private(path, json.dumps(made))
    return dict(json.loads(path.read_text()))


def _host_path(path: str) -> dict[str, Any]:
    return {"persistentVolume": {"hostPath": {"path": path, "type": "Directory"}}}


def values(
    paths: LocalPaths, images: dict[str, PlannedImage], url: str
) -> dict[str, Any]:
    """Chart values that only this machine knows.

    Args:
        paths: Directories of the one-machine platform.
        images: Built images by name.
        url: Public address of the hub.
    """
    words = passwords(paths)
    return {
        "publicUrl": url,
        "images": {
            name: {"repository": image.repository, "tag": image.tag}
            for name, image in images.items()
        },
        "auth": {
            "sharedPassword": {
                "userPassword": words["users"],
                "adminPassword": words["admin"],
            }
        },
        "storage": {
            "type": _STORAGE_TYPES[storage.kind_of(paths)],
            **_host_path(f"{paths.storage}/$(category)"),
            "root": _host_path(str(storage.root(paths))),
        },
        "hub": {"db": _host_path(str(paths.hub))},
    }


def write_facts(paths: LocalPaths, url: str) -> None:
    """``platform.json``: what a test or a script needs to use the platform."""
    words = passwords(paths)
    path = paths.state / "platform.json"
    facts = {
        "url": url,
        "kubeconfig": str(paths.kubeconfig),
        "users": dict.fromkeys(USERS, words["users"]),
        "admin": {"name": ADMIN, "password": words["admin"]},
    }
    write_private(path, json.dumps(facts, indent=2))


def port(paths: LocalPaths) -> int | None:
    """The port that the platform was last started with; None if it never was."""
    path = paths.state / "platform.json"
    if not is_written(path):
        return None
    url: str = json.loads(path.read_text())["url"]
    return urlsplit(url).port


class Platform:
    """The chart on the local cluster, and the way in from this machine."""

    def __init__(self, cluster: Cluster, port: int) -> None:
        self.cluster = cluster
        self.paths = cluster.paths
        self.port = port

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def install(self, images: dict[str, PlannedImage]) -> None:
        """Apply the resource definitions, then the chart."""
        self._forget_other_root()
        # A migration that was interrupted has stopped them.
        services.start(self.cluster.kubectl)
        chart = self.paths.repository / "helm" / "mofang"
        self.cluster.kubectl.run(
            "apply", "--server-side", "--force-conflicts", "-f", str(chart / "crds")
        )
        generated = self.paths.state / "values.yaml"
        write_private(generated, yaml.safe_dump(values(self.paths, images, self.url)))
        self.cluster.helm.install(
            "mofang",
            str(chart),
            NAMESPACE,
            "--skip-crds",
            "--values",
            str(self.paths.local / "values-local.yaml"),
            "--values",
            str(generated),
        )

    def _forget_other_root(self) -> None:
        """Remove volume and claim of a root elsewhere: a volume's source never changes.

        Directory and files stay.
        """
        root, kubectl = str(storage.root(self.paths)), self.cluster.kubectl
        for each in kubectl.get("persistentvolumes")["items"]:
            path = each["spec"].get("hostPath", {}).get("path")
            if each["metadata"]["name"] == ROOT_VOLUME and path != root:
                services.stop(kubectl)
                claim = each["spec"]["claimRef"]
                kubectl.run(
                    *("delete", "persistentvolumeclaim", claim["name"]),
                    *("-n", claim["namespace"], "--ignore-not-found"),
                )
                kubectl.run("delete", "persistentvolume", ROOT_VOLUME)

    def write_facts(self) -> None:
        write_facts(self.paths, self.url)

    def forward(self) -> None:
        """Let this machine's loopback lead to the gateway's node port.

        Raises:
            StartError: The port is somebody else's.
        """
        supervisor = self.cluster.supervisor
        if not supervisor.is_current(self._forwarder):
            supervisor.stop("forwarder")
        supervisor.start(self._forwarder)
        time.sleep(0.2)
        supervisor.ensure_alive(self._forwarder)

    @property
    def _forwarder(self) -> Program:
        command = forwarder.command(self.port, CPU_NODE.address, NODE_PORT)
        return Program(name="forwarder", command=command)

    def check_port(self) -> None:
        """Refuse a port that another program listens on, before any work.

        Raises:
            PreflightError: It is taken.
        """
        pid = self.cluster.supervisor.pid("forwarder")
        if pid is not None and forwarder.listens_on(pid, self.port):
            return
        with socket.socket() as probe:
            # As socat does: connections that are closing do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise PreflightError(
                    f"Port {self.port} of 127.0.0.1 cannot be had ({error.strerror}): "
                    "choose another, such as `make up PORT=8090`."
                ) from error

    def answers(self) -> bool:
        """Whether the hub answers through the gateway."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/hub/health", timeout=2) as answer:
                return bool(answer.status < _BROKEN)
        except (urllib.error.URLError, OSError):
            return False

    def wait(self, *, without: Collection[str] = ()) -> None:
        """Until the hub's page answers and every deployment is there.

        Args:
            without: Namespaces whose deployments are not waited for.

        Raises:
            StartError: Not in time; names the pods that are not ready and why.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        while not (self._rolled_out(without) and self.answers()):
            if time.monotonic() > deadline:
                raise StartError(
                    f"{self.url} does not answer after {ANSWER_SECONDS} s.\n"
                    + self._why()
                )
            time.sleep(0.25)

    def _rolled_out(self, without: Collection[str]) -> bool:
        for each in self.cluster.kubectl.get("deployments", "-A")["items"]:
            if each["metadata"]["namespace"] in without:
                continue
            status, wanted = each.get("status", {}), each["spec"]["replicas"]
            current = (
                status.get("observedGeneration", 0) >= each["metadata"]["generation"]
            )
            if not current or status.get("updatedReplicas", 0) < wanted:
                return False
            if status.get("availableReplicas", 0) < wanted:
                return False
        return True

    def _why(self) -> str:
        """Each pod that is not ready, its state and its last lines."""
        said = []
        for pod in self.cluster.kubectl.get("pods", "-A")["items"]:
            statuses = pod["status"].get("containerStatuses", [])
            if statuses and all(each["ready"] for each in statuses):
                continue
            place, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
            if place.startswith(PROJECTS):
                continue
            states = [json.dumps(each.get("state", {})) for each in statuses]
            reason = "; ".join(states) or pod["status"].get("phase", "Unknown")
            try:
                log = self.cluster.kubectl.run("logs", "-n", place, name, "--tail=15")
            except StartError as error:
                log = str(error)
            said.append(f"{place}/{name}: {reason}\n{last_lines(log)}")
        return "\n".join(said)


def install_elsewhere(repository: Path, value_files: list[Path]) -> None:
    """The same chart on the cluster of KUBECONFIG.

    Raises:
        StartError: kubectl or helm refused; their words are above.
    """
    chart = repository / "helm" / "mofang"
    commands = [
        [
            "kubectl",
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            str(chart / "crds"),
        ],
        ["helm", "upgrade", "--install", "mofang", str(chart), "--skip-crds"]
        + ["--namespace", NAMESPACE, "--create-namespace"]
        + [word for file in value_files for word in ("--values", str(file))],
    ]
    for command in commands:
        try:
            done = subprocess.run(command, check=False)  # noqa: S603 - ours
        except FileNotFoundError as error:
            raise StartError(f"{command[0]} is not installed: install it") from error
        if done.returncode:
            raise StartError(f"`{' '.join(command)}` failed; see its words above.")
