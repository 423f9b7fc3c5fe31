"""Loaded by pytest before KubeSpawner's tests: puts ``MofangSpawner`` in their way.

The tests import ``KubeSpawner`` from its package; they get a ``MofangSpawner`` whose
start is decided beforehand, as there is nobody to choose in a gallery. Two more things
are another's: the Service has the pod's name, which the tests look for, and the server
is asked by way of the API server, as the tests may run where pods cannot be reached.

With ``MOFANG_PEERS_STOCK`` the tests run on KubeSpawner itself, to tell a fault of the
cluster from one of ours.
"""

import asyncio
import os
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import kubespawner
from jupyterhub.app import JupyterHub
from kubernetes_asyncio.client import (
    ApiClient,
    ApiException,
    CoreV1Api,
    V1Pod,
    V1Volume,
    V1VolumeMount,
)
from traitlets import default

from mofang_kube.placement import NodeClass
from mofang_spawner.context import SpawnContext
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.sizing import Sizes
from mofang_spawner.plan import SpawnPlan
from mofang_spawner.server_start import ServerStart
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.volumes.grants import HOME, grants

SERVER_IMAGE = os.environ.get("MOFANG_PEERS_SERVER_IMAGE", "server")
HUB_IMAGE = os.environ.get("MOFANG_PEERS_HUB_IMAGE", "hub")

_PROJECT = Project.parse(
    {
        "metadata": {"name": "peers"},
        "spec": {"displayName": "Peers"},
        "status": {"phase": "Ready"},
    }
)
_ENVIRONMENT = Environment.parse(
    {
        "metadata": {"name": "base"},
        "spec": {
            "displayName": "Base",
            "image": SERVER_IMAGE,
            "access": {"everyone": True},
            "resources": {"cpu": {"default": "50m"}, "memory": {"default": "512Mi"}},
        },
    }
)
_SIZES = Sizes(cpu="50m", cpu_limit="1", memory="512Mi", gpu=0, cache="1Gi")

_NO_PROXY = '''

from jupyterhub.proxy import Proxy


class NoProxy(Proxy):
    """Keeps routes in memory: the image has no configurable-http-proxy."""

    should_start = False
    kept = {}

    async def add_route(self, routespec, target, data):
        self.kept[routespec] = dict(routespec=routespec, target=target, data=data)

    async def delete_route(self, routespec):
        self.kept.pop(routespec, None)

    async def get_all_routes(self):
        return self.kept


c.JupyterHub.proxy_class = NoProxy
'''


class PeerContext(SpawnContext):
    """The cluster, as a start sees it; one node without GPUs is known of."""

    def __init__(self) -> None:
        super().__init__(training_url="http://training", images={})
        # Serializes before it is connected: tests without a cluster build pods too.
        self.api = ApiClient.__new__(ApiClient)

    @property
    def nodes(self) -> list[NodeClass]:
        return [NodeClass(is_labelled=True)]


_CONTEXT = PeerContext()


class PeerSpawner(MofangSpawner):  # type: ignore[misc] # KubeSpawner has no types
    """A ``MofangSpawner`` that has its plan."""

    @default("context")
    def _context_default(self) -> Any:
        return lambda: _CONTEXT

    def __init__(self, *args: Any, **options: Any) -> None:
        # A pod that is only built has the directories of its user; the namespace of
        # the tests, in which pods are created, has no claims.
        self._is_only_built = bool(options.get("_mock")) and "hub" not in options
        super().__init__(*args, **options)

    def _require_plan(self) -> SpawnPlan:
        name = self.user.name
        return SpawnPlan(
            username=name,
            project=_PROJECT,
            environment=_ENVIRONMENT,
            sizes=_SIZES,
            grants=grants(_PROJECT, name) if self._is_only_built else (),
        )

    async def get_pod_manifest(self) -> Any:
        """The pod; one that is created has an empty home, as there is no claim."""
        pod = await super().get_pod_manifest()
        if not self._is_only_built:
            mount = V1VolumeMount(name="home", mount_path=HOME)
            pod.spec.volumes.append(V1Volume(name="home", empty_dir={}))
            pod.spec.containers[0].volume_mounts.append(mount)
        return pod

    def _new_start(self, *args: Any) -> ServerStart:
        start = super()._new_start(*args)
        start.service = self.pod_name
        start._answers = partial(self._answers, start)
        return start

    async def _answers(self, start: ServerStart, _client: Any, url: str) -> bool:
        """Ask the server by way of the API server: tests may not reach pods."""
        parts = urlsplit(url)
        try:
            await self.api.connect_get_namespaced_pod_proxy_with_path(
                f"{self.pod_name}:{parts.port}", self.namespace, parts.path[1:]
            )
        except ApiException as err:
            return err.status < 500
        return True


def _adapt_pod(pod: V1Pod) -> None:
    """Let the suite's helper pods run images that are on the cluster."""
    for container in pod.spec.containers:
        given = container if isinstance(container, dict) else {}
        match given.get("image", getattr(container, "image", "")):
            case "quay.io/jupyterhub/jupyterhub:latest":
                program, *arguments = given["args"]
                given |= {"image": HUB_IMAGE, "workingDir": "/tmp"}
                given |= {"command": [program], "args": arguments}
            case "python:3.12-slim":
                given |= {"image": SERVER_IMAGE, "command": given.pop("args")}
            case "quay.io/jupyterhub/singleuser:latest":
                container.image = SERVER_IMAGE


_init_internal_ssl = JupyterHub.init_internal_ssl
_create_pod = CoreV1Api.create_namespaced_pod
_create_config_map = CoreV1Api.create_namespaced_config_map


def _create_adapted_pod(self: Any, namespace: str, body: Any, **options: Any) -> Any:
    if isinstance(body, V1Pod):
        _adapt_pod(body)
    return _create_pod(self, namespace, body, **options)


def _create_adapted_config_map(
    self: Any, namespace: str, body: Any, **options: Any
) -> Any:
    if "jupyterhub_config.py" in (body.data or {}):
        body.data["jupyterhub_config.py"] += _NO_PROXY
    return _create_config_map(self, namespace, body, **options)


def _init_internal_ssl_in_loop(self: JupyterHub) -> None:
    """JupyterHub 6's HTTP client wants a loop to run; the suite's fixture has none."""

    async def run() -> None:
        _init_internal_ssl(self)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(run())
    loop.close()


JupyterHub.init_internal_ssl = _init_internal_ssl_in_loop
CoreV1Api.create_namespaced_pod = _create_adapted_pod
CoreV1Api.create_namespaced_config_map = _create_adapted_config_map
if not os.environ.get("MOFANG_PEERS_STOCK"):
    kubespawner.KubeSpawner = PeerSpawner
