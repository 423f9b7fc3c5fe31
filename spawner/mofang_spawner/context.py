"""What all spawners of one hub share: client, catalogue, homes, watches."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

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
from mofang_spawner.environments.models import Environment
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import SpawnPlan
from mofang_spawner.pod_ends import PodEnds
from mofang_spawner.start_choices import StartChoices
from mofang_spawner.start_history import StartHistory
from mofang_spawner.start_queue.interface import StartQueue
from mofang_spawner.start_queue.project_queue import ProjectStartQueue
from mofang_spawner.volumes.homes import HOMES_PATH, Homes, trim_home
from mofang_spawner.volumes.projects import ProjectDirectories

SERVER_SELECTOR = f"{names.SERVER_LABEL},{names.OWNER_LABEL}"
"""Labels of ours: ``component_label`` and others can be configured."""
FIELD_MANAGER = "mofang-hub"
_SYNC_SECONDS = 20.0
_CAPACITY_SECONDS = 2.0
"""For how long the count of what is free serves everybody who asks."""

MakeRoom = Callable[[SpawnPlan, bool], Awaitable[bool]]
"""Is given what is to start, and whether the quota of its project is what it lacks;
returns whether anything was stopped."""


async def _no_room(plan: SpawnPlan, lacks_quota: bool) -> bool:
    """Stop nothing."""
    del plan, lacks_quota
    return False


class CorrectSizes(Protocol):
    """Gives a start the size that it is likely to need."""

    def __call__(
        self, options: ServerOptions, environment: Environment, username: str
    ) -> tuple[ServerOptions, str]:
        """Return the options that count, and why they are others; empty if not."""


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
        self.project_directories: ProjectDirectories
        self.starts = StartHistory()
        """How long starts took."""
        self.correct_sizes: CorrectSizes | None = None
        """Set where starts that ask for too much get less."""
        self.start_queue = start_queue or ProjectStartQueue(self.free_capacity)
        """Where starts wait for the quota of their projects."""
        self._homes: Watcher
        self._nodes: Watcher
        self._requests: Watcher
        self._free: dict[bool, tuple[float, FreeCapacity]] = {}
        self.choices = StartChoices()
        """Which servers people started."""
        self.make_room: MakeRoom = _no_room
        """Stops servers that were started ahead for one that somebody has asked for."""

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

    def free_capacity(self, *, with_unused: bool = False) -> FreeCapacity | None:
        """Return what the cluster has free; None as long as nobody knows.

        Args:
            with_unused: Whether servers count that were started ahead and that nobody
                uses; they give way to any other.
        """
        if not (self._connected and self._requests.has_synced.is_set()):
            return None
        now = time.monotonic()
        at, found = self._free.get(with_unused, (0.0, None))
        if found is None or now - at > _CAPACITY_SECONDS:
            pods = self._requests.objects.values()
            counted = (each for each in pods if with_unused or not each["unused"])
            found = FreeCapacity(self._nodes.objects.values(), counted)
            self._free[with_unused] = now, found
        return found

    def waits_for_unused(self) -> bool:
        """Say whether a pod finds no node, and would if nobody's servers were gone.

        Of anybody: servers and jobs alike.
        """
        free = self.free_capacity()
        now = self.free_capacity(with_unused=True)
        if free is None or now is None:
            return False
        waiting = (
            each["requests"]
            for each in self._requests.objects.values()
            if each["waits"] and not each["node"] and not each["unused"]
        )
        return any(
            free.has_node_for(each) and not now.has_node_for(each) for each in waiting
        )

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
                _, projects = self.catalog.watchers
                self.project_directories = ProjectDirectories(self.objects, projects)
                self._connected = True
