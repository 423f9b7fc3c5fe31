"""What all spawners of one hub share: client, catalogue, homes, watches."""

import asyncio
import contextlib
import time
from collections.abc import Mapping

from kubernetes_asyncio.client import ApiClient, CoreV1Api

from mofang_kube import clients, names
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.errors import KubernetesUnavailableError
from mofang_kube.free_capacity import UNFINISHED_PODS, FreeCapacity, strip_requests
from mofang_kube.nodes import is_lost
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_kube.placement import NodeClass, strip_node
from mofang_kube.pod_resources import strip_resources
from mofang_kube.watcher import Watcher
from mofang_spawner.data_sources.hadoop import HdfsSettings
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.pod_ends import PodEnds
from mofang_spawner.start_history import StartHistory
from mofang_spawner.start_queue.interface import StartQueue
from mofang_spawner.start_queue.project_queue import ProjectStartQueue
from mofang_spawner.volumes.homes import HOMES_PATH, Homes, trim_home

SERVER_SELECTOR = f"{names.SERVER_LABEL},{names.OWNER_LABEL}"
"""Labels of ours: ``component_label`` and others can be configured."""
FIELD_MANAGER = "mofang-hub"
_SYNC_SECONDS = 20.0
_CAPACITY_SECONDS = 2.0
"""For how long the count of what is free serves everybody who asks."""


def strip_pod(pod: Manifest) -> Manifest:
    """Reduce a pod to what is read of it, for the cache: a tenth of its size."""
    metadata, spec = pod["metadata"], pod["spec"]
    kept = (
        "name",
        "namespace",
        "uid",
        "labels",
        "creationTimestamp",
        "deletionTimestamp",
    )
    resources = strip_resources(spec)
    return {
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {
            "nodeName": spec.get("nodeName"),
            **resources,
            "containers": [
                {**kept, "ports": each.get("ports", [])}
                for kept, each in zip(
                    resources["containers"], spec["containers"], strict=True
                )
            ],
        },
        "status": {"phase": "Unknown", "podIP": None, **pod.get("status", {})},
    }


class PodView:
    """Our watch with the interface of KubeSpawner's reflectors."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    @property
    def pods(self) -> dict[str, Manifest]:
        return self._watcher.objects


class SpawnContext:
    """Created once per hub process, connected at first use."""

    def __init__(
        self,
        *,
        training_url: str,
        images: Mapping[str, str],
        hub: str = "",
        limit_per_user: int = 0,
        ephemeral_storage: EphemeralStorage | None = None,
        hdfs: HdfsSettings | None = None,
        static_url: str = "",
        start_queue: StartQueue | None = None,
    ) -> None:
        self.training_url = training_url
        self.images = images
        """References of the platform's images by name."""
        self.hub = hub
        """The platform namespace; empty where there is no hub."""
        self.limit_per_user = limit_per_user
        """Running servers of one user; 0 for no limit."""
        self.ephemeral_storage = ephemeral_storage or EphemeralStorage()
        """What a server may write to its node's disk."""
        self.hdfs = hdfs
        self.static_url = static_url
        """Where browsers find the static files of all servers; empty: in each alone."""
        self._lock = asyncio.Lock()
        self._connected = False
        self.api: ApiClient
        self.core: CoreV1Api
        self.objects: ObjectStorage
        self.catalog: Catalog
        self.pods: Watcher
        self.pod_ends = PodEnds()
        self.homes: Homes
        self.starts = StartHistory()
        """How long starts took."""
        self.start_queue = start_queue or ProjectStartQueue(self.free_capacity)
        """Where starts wait for the quota of their projects."""
        self._homes: Watcher
        self._nodes: Watcher
        self._requests: Watcher
        self._free: tuple[float, FreeCapacity] | None = None

    @property
    def nodes(self) -> list[NodeClass]:
        """All nodes of the cluster, as placement reads them."""
        return [NodeClass.from_node(each) for each in self._nodes.objects.values()]

    @property
    def node_objects(self) -> list[Manifest]:
        """All nodes, as ``strip_node`` keeps them."""
        return list(self._nodes.objects.values()) if self._connected else []

    def find_node(self, name: str) -> Manifest | None:
        """Return a node, if it is known and there.

        Args:
            name: Of the node.
        """
        return self._nodes.objects.get(name) if self._connected else None

    def free_capacity(self) -> FreeCapacity | None:
        """Return what the cluster has free; None as long as nobody knows."""
        if not (self._connected and self._requests.has_synced.is_set()):
            return None
        now = time.monotonic()
        if self._free is None or now - self._free[0] > _CAPACITY_SECONDS:
            nodes, pods = self._nodes.objects, self._requests.objects
            self._free = now, FreeCapacity(nodes.values(), pods.values())
        return self._free[1]

    def find_pod(self, namespace: str, name: str) -> Manifest | None:
        """Return a server's pod, if it is known and there.

        Args:
            namespace: Of the pod.
            name: Of the pod.
        """
        return self.pods.objects.get(f"{namespace}/{name}") if self._connected else None

    def is_node_lost(self, name: str) -> bool:
        """Say whether a node does not answer, so that nothing can be stopped there."""
        node = self._nodes.objects.get(name)
        return node is not None and is_lost(node)

    async def until_node_lost(self, name: str) -> None:
        """Return once a node does not answer; that may be never."""
        async with contextlib.aclosing(self._nodes.changes()) as changes:
            following = asyncio.ensure_future(anext(changes))
            try:
                # Subscribed first, looked second: no change falls in between.
                await asyncio.sleep(0)
                while not self.is_node_lost(name):
                    await following
                    following = asyncio.ensure_future(anext(changes))
            finally:
                following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following

    @property
    def watchers(self) -> list[Watcher]:
        """All watches; none before the first use."""
        if not self._connected:
            return []
        own = [self.pods, self._nodes, self._homes, self._requests]
        return [*own, *self.catalog.watchers]

    async def pods_known(self) -> None:
        """Connect, and wait until all servers' pods are known, however long it takes.

        Who asks whether a server runs cannot do without: JupyterHub takes an error for
        a server that does not, and forgets it.
        """
        await self._connect()
        self._follow_pods()
        await self.pods.has_synced.wait()

    async def nodes_known(self) -> None:
        """Connect, and wait until all nodes are known, however long it takes."""
        await self._connect()
        self._nodes.start()
        await self._nodes.has_synced.wait()

    async def ready(self) -> None:
        """Connect, and wait until pods, nodes, homes and catalogue are known.

        Raises:
            KubernetesUnavailableError: Kubernetes does not answer.
        """
        await self._connect()
        self._follow_pods()
        self._homes.start()
        # Nobody waits for it: without it, pages say nothing of what is free.
        self._requests.start()
        await self.catalog.ready()
        try:
            async with asyncio.timeout(_SYNC_SECONDS):
                await self.pods.has_synced.wait()
                await self._nodes.has_synced.wait()
                await self._homes.has_synced.wait()
        except TimeoutError as err:
            raise KubernetesUnavailableError(
                "The state of servers is unknown: Kubernetes does not answer. "
                "Try again in a minute."
            ) from err

    def _follow_pods(self) -> None:
        self.pods.start()
        self.pod_ends.start(self.pods)
        self._nodes.start()

    async def _connect(self) -> None:
        async with self._lock:
            if not self._connected:
                self.api = await clients.load()
                self.core = CoreV1Api(self.api)
                self.objects = ObjectStorage(self.api, field_manager=FIELD_MANAGER)
                self.catalog = Catalog.of_cluster(self.api, self.images)
                self.pods = Watcher(
                    self.api,
                    "/api/v1/pods",
                    label_selector=SERVER_SELECTOR,
                    trim=strip_pod,
                )
                self._nodes = Watcher(self.api, "/api/v1/nodes", trim=strip_node)
                self._requests = Watcher(
                    self.api,
                    "/api/v1/pods",
                    field_selector=UNFINISHED_PODS,
                    trim=strip_requests,
                )
                self._homes = Watcher(self.api, HOMES_PATH, trim=trim_home)
                self.homes = Homes(self.objects, self._homes)
                self._connected = True
