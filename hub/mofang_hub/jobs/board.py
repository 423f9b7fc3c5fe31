"""What is there: jobs, their pods and the machines, from one watch per kind.

Answers come from memory. What this process wrote is put in ahead of its event, so
that who submits a job finds it in the next list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from kubernetes_asyncio.client import ApiClient

from mofang_hub.jobs.engines.manifest import GROUP, PLURAL, VERSION, pod_name
from mofang_hub.jobs.engines.reading import (
    has_stopped,
    read_job,
    read_pod,
    trim_job,
    trim_pod,
)
from mofang_hub.jobs.frameworks import role_names
from mofang_hub.jobs.models import JobSeen, Manifest, PodSeen
from mofang_hub.jobs.placement import Machine
from mofang_kube.errors import ClusterAwayError
from mofang_kube.names import JOB_LABEL, project_namespace
from mofang_kube.watcher import Change, Watcher, object_key

SYNC_SECONDS = 10.0


def _trim_node(node: Manifest) -> Manifest:
    metadata, status = node["metadata"], node.get("status") or {}
    return {
        "metadata": {
            "name": metadata["name"],
            "labels": metadata.get("labels") or {},
        },
        "status": {"capacity": status.get("capacity") or {}},
    }


class Subscription:
    """Jobs of one project that changed since they were last taken."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._changed: dict[str, JobSeen | None] = {}
        self._has_some = asyncio.Event()

    def mark(self, job_id: str, gone: JobSeen | None = None) -> None:
        """Note a change; several of one job count once.

        Args:
            job_id: Whose.
            gone: The job as it was last, if the change is that it is gone.
        """
        self._changed[job_id] = gone or self._changed.get(job_id)
        self._has_some.set()

    async def take(self, seconds: float) -> dict[str, JobSeen | None]:
        """Return changed jobs by id; none if nothing changed for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._has_some.wait()
        except TimeoutError:
            return {}
        changed = dict(self._changed)
        self._changed.clear()
        self._has_some.clear()
        return changed


class Board:
    """Jobs, pods and machines of the cluster, kept up to date.

    Args:
        jobs: Watch of the engine's objects, cut by ``trim_job``.
        pods: Watch of the pods of jobs, cut by ``trim_pod``.
        nodes: Watch of the machines.
    """

    def __init__(self, jobs: Watcher, pods: Watcher, nodes: Watcher) -> None:
        self._jobs = jobs
        self._pods = pods
        self._nodes = nodes
        self._subscriptions: set[Subscription] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def of_cluster(cls, api: ApiClient) -> Board:
        """Return a board that follows the cluster once it is started."""
        path = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
        return cls(
            jobs=Watcher(api, path, label_selector=JOB_LABEL, trim=trim_job),
            pods=Watcher(api, "/api/v1/pods", label_selector=JOB_LABEL, trim=trim_pod),
            nodes=Watcher(api, "/api/v1/nodes", trim=_trim_node),
        )

    def start(self) -> None:
        """Begin to follow the cluster."""
        for watcher in (self._jobs, self._pods, self._nodes):
            watcher.start()
        self.follow()

    def follow(self) -> None:
        """Begin to tell subscribers of changes."""
        self._tasks = [
            asyncio.create_task(self._pass_on(watcher), name="changes of jobs")
            for watcher in (self._jobs, self._pods)
        ]

    async def stop(self) -> None:
        """End all watches."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for watcher in (self._jobs, self._pods, self._nodes):
            await watcher.stop()

    async def ready(self) -> None:
        """Return once the first lists are in.

        Raises:
            ClusterAwayError: They did not come in time.
        """
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                await self._jobs.synced.wait()
                await self._pods.synced.wait()
        except TimeoutError as err:
            raise ClusterAwayError(
                "The jobs cannot be read: Kubernetes does not answer. They are not "
                "affected. Try again in a minute."
            ) from err

    @property
    def machines(self) -> list[Machine]:
        """All machines; none while they are not known."""
        return [Machine.from_node(node) for node in self._nodes.objects.values()]

    def find(self, project: str, job_id: str) -> JobSeen | None:
        """Return a job, if it is there."""
        obj = self._jobs.objects.get(f"{project_namespace(project)}/{job_id}")
        return read_job(obj) if obj else None

    def pods_of(self, seen: JobSeen) -> list[PodSeen]:
        """Return the pods of a job that are there."""
        found = []
        for role, count in role_names(seen.spec):
            for index in range(count):
                name = pod_name(seen.id, role, index)
                obj = self._pods.objects.get(f"{seen.namespace}/{name}")
                pod = read_pod(obj) if obj else None
                if pod is not None:
                    found.append(pod)
        return found

    def list_keys(self, project: str) -> list[tuple[str, str]]:
        """Return creation time and id of a project's jobs, newest first."""
        namespace = project_namespace(project)
        return sorted(
            (
                (obj["metadata"]["creationTimestamp"], obj["metadata"]["name"])
                for obj in self._jobs.objects.values()
                if obj["metadata"]["namespace"] == namespace
            ),
            reverse=True,
        )

    def list_unfinished(self, project: str) -> list[JobSeen]:
        """Return a project's jobs that have not ended, cancelled ones left out."""
        namespace = project_namespace(project)
        found = (
            read_job(obj)
            for obj in self._jobs.objects.values()
            if obj["metadata"]["namespace"] == namespace and not has_stopped(obj)
        )
        return [each for each in found if each]

    def list_all(self) -> list[JobSeen]:
        """Return every job of the cluster."""
        seen = (read_job(obj) for obj in self._jobs.objects.values())
        return [each for each in seen if each]

    def put(self, obj: Manifest) -> None:
        """Take in a job that was just written, unless something newer is known."""
        known = self._jobs.objects.get(object_key(obj))
        if known is None or _version(known) < _version(obj):
            self._jobs.put(obj)

    def drop(self, project: str, job_id: str) -> None:
        """Forget a job that was just deleted."""
        self._jobs.drop(f"{project_namespace(project)}/{job_id}")

    @contextmanager
    def subscribed(self, project: str) -> Iterator[Subscription]:
        """Collect changes of a project's jobs while the context lasts."""
        subscription = Subscription(project_namespace(project))
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def _pass_on(self, watcher: Watcher) -> None:
        async for change in watcher.changes():
            self._mark(change)

    def _mark(self, change: Change) -> None:
        metadata = change.object["metadata"]
        job_id = (metadata.get("labels") or {}).get(JOB_LABEL)
        if not job_id:
            return
        is_gone = change.type == "DELETED" and metadata["name"] == job_id
        gone = read_job(change.object) if is_gone else None
        for subscription in self._subscriptions:
            if subscription.namespace == metadata.get("namespace"):
                subscription.mark(job_id, gone)


def _version(obj: Manifest) -> int:
    # Kubernetes compares versions of one kind as numbers, and says so since 1.35.
    text = obj["metadata"].get("resourceVersion", "0")
    return int(text) if text.isdecimal() else 0
