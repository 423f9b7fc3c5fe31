"""Cache of jobs, their pods and the nodes, from one watch per kind.

Answers come from memory. What this process wrote is put in ahead of its event, so
that whoever submits a job finds it in the next list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

from mofang_jobs.adapters.memo import ListMemo, Memo
from mofang_jobs.adapters.subscriptions import Subscription, Subscriptions
from mofang_jobs.domain.capacity import NodeCapacity, group_equal_nodes
from mofang_jobs.domain.models import Manifest, ObservedJob, ObservedPod
from mofang_jobs.domain.nodes import LOST, Node, node_index_keys, strip_node
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.object_meta import attempt_of, job_key, pod_index_keys
from mofang_jobs.engines.object_status import (
    ALL,
    FAILED,
    LATER,
    OPEN,
    job_index_keys,
    read_job,
    strip_job,
    submitted_at,
)
from mofang_jobs.engines.pod_status import read_pod, strip_pod
from mofang_jobs.engines.registry import kind_by_name
from mofang_kube.clients import ApiClient
from mofang_kube.clock import ClusterClock
from mofang_kube.errors import KubernetesUnavailableError
from mofang_kube.names import JOB_LABEL, project_namespace
from mofang_kube.watcher import Watcher, object_key

SYNC_SECONDS = 10.0
MOST_DELETED = 1000
"""Deleted jobs that are remembered; the attempts they race with take seconds."""

MOST_JOBS = 2000
"""Jobs that are kept as they were read, so that one is the same object until it
changes."""

MOST_PODS = 8000
"""Pods that are kept as they were read: a page of the panel and each look of the queue
ask for all of a job's, of which hardly any has changed."""


class JobCache:
    """Jobs, pods and nodes of the cluster, kept up to date.

    Args:
        jobs: Watch of each kind of object, cut by ``strip_job``.
        pods: Watch of the pods of jobs, cut by ``strip_pod``.
        nodes: Watch of the nodes.
        api: By which kinds that are found later are followed.
        now: The time, as the cluster has it.
    """

    def __init__(
        self,
        jobs: dict[str, Watcher],
        pods: Watcher,
        nodes: Watcher,
        *,
        api: ApiClient | None = None,
        now: ClusterClock | None = None,
    ) -> None:
        self._api = api
        self.now = now or ClusterClock()
        self._jobs = jobs
        self._pods = pods
        self._nodes = nodes
        self._subscriptions = Subscriptions()
        self._deleted: dict[str, None] = {}
        """By what the attempts of a job are grouped by; oldest first."""
        self._read_pod = Memo(read_pod, maximum=MOST_PODS)
        self._read_job = Memo(read_job, maximum=MOST_JOBS)
        self._read_nodes = ListMemo(lambda found: list(map(Node.from_node, found)))
        self._read_capacities = ListMemo(group_equal_nodes)
        self.has_kinds = asyncio.Event()
        """Set once it is known which kinds of objects the cluster has."""

    @classmethod
    def of_cluster(cls, api: ApiClient) -> JobCache:
        """Return a cache that follows the cluster once it is started."""
        clock = ClusterClock()
        return cls(
            jobs={},
            pods=Watcher(
                api,
                "/api/v1/pods",
                label_selector=JOB_LABEL,
                trim=strip_pod,
                index=pod_index_keys,
                clock=clock,
            ),
            nodes=Watcher(
                api,
                "/api/v1/nodes",
                trim=strip_node,
                index=node_index_keys,
                clock=clock,
            ),
            api=api,
            now=clock,
        )

    def start(self) -> None:
        """Begin to follow the cluster."""
        for watcher in self.watchers:
            watcher.start()
        self.follow()

    def follow(self) -> None:
        """Begin to tell subscribers of changes."""
        for watcher in (*self._jobs.values(), self._pods):
            self._subscriptions.follow(watcher)
        self._subscriptions.follow_nodes(self._nodes, self._notify_of_nodes)

    def _notify_of_nodes(self, names: Collection[str]) -> None:
        """Notify subscribers of the jobs on nodes that were lost, or came back."""
        for pod in self._pods.objects.values():
            if (pod.get("spec") or {}).get("nodeName") in names:
                metadata = pod["metadata"]
                job_id = (metadata.get("labels") or {}).get(JOB_LABEL)
                if job_id:
                    self._subscriptions.notify(metadata["namespace"], job_id)
        self._subscriptions.wake()

    def follow_kind(self, kind: WorkloadKind) -> None:
        """Begin to follow one more kind of object; one that is followed stays."""
        if kind.kind not in self._jobs:
            watcher = watch_kind(self._api, kind)
            self._jobs[kind.kind] = watcher
            watcher.start()
            self._subscriptions.follow(watcher)

    @property
    def kinds(self) -> list[WorkloadKind]:
        """The kinds of objects that are followed."""
        return [kind_by_name(name) for name in self._jobs]

    @property
    def watchers(self) -> list[Watcher]:
        """All watches, those of kinds that were found later among them."""
        return [*self._jobs.values(), self._pods, self._nodes]

    async def stop(self) -> None:
        """End all watches."""
        await self._subscriptions.stop()
        for watcher in self.watchers:
            await watcher.stop()

    async def ready(self) -> None:
        """Return once the first lists are in.

        Raises:
            KubernetesUnavailableError: They did not come in time.
        """
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                await self.wait_for_sync()
        except TimeoutError as err:
            raise KubernetesUnavailableError(
                "The jobs cannot be read: Kubernetes does not answer. They are not "
                "affected. Try again in a minute."
            ) from err

    async def wait_for_sync(self) -> None:
        """Return once the first lists are in, however long that takes."""
        await self.has_kinds.wait()
        for watcher in (*self._jobs.values(), self._pods):
            await watcher.has_synced.wait()

    async def wait_for_nodes(self) -> None:
        """Return once the first list of nodes is in, however long that takes."""
        await self._nodes.has_synced.wait()

    @property
    def node_objects(self) -> list[Manifest]:
        """All nodes as ``strip_node`` keeps them."""
        return list(self._nodes.objects.values())

    @property
    def nodes(self) -> list[Node]:
        """All nodes; none while they are not known."""
        return self._read_nodes(self.node_objects)

    @property
    def node_capacities(self) -> list[NodeCapacity]:
        """One of each group of equal nodes; none while they are not known."""
        return self._read_capacities(self.node_objects)

    def lost_nodes(self) -> set[str]:
        """Return nodes that do not answer."""
        return {node["metadata"]["name"] for node in self._nodes.indexed(LOST)}

    def find(self, project: str, job_id: str) -> ObservedJob | None:
        """Return a job, if it is there; of its attempts the last."""
        found = self.find_object(project, job_id)
        return self._read_job(found) if found else None

    def find_object(self, project: str, job_id: str) -> Manifest | None:
        """Return the object of a job's last attempt, if it is there."""
        attempts = self.attempts_of(project, job_id)
        return attempts[-1] if attempts else None

    def attempts_of(self, project: str, job_id: str) -> list[Manifest]:
        """Return the objects of a job's attempts, oldest first."""
        return self._attempts(_group(project, job_id))

    def pods_of(self, job: ObservedJob) -> list[ObservedPod]:
        """Return the pods of a job's last attempt that are there."""
        group = self._pods.indexed(f"{job.namespace}/{job.id}")
        found = map(self._read_pod, group)
        pods = [each for each in found if each and each.attempt == job.attempt]
        if not (lost := self.lost_nodes()):
            return pods
        return [
            replace(each, is_node_lost=True) if each.node in lost else each
            for each in pods
        ]

    def has_pods(self, project: str, job_id: str) -> bool:
        """Say whether pods of some attempt of a job are there."""
        return bool(self._pods.indexed(f"{project_namespace(project)}/{job_id}"))

    def list_keys(self, project: str) -> list[tuple[str, str]]:
        """Return time of submission and id of a project's jobs, newest first."""
        namespace = project_namespace(project)
        return sorted(
            (
                (submitted_at(obj), obj["metadata"]["labels"][JOB_LABEL])
                for obj in self._latest()
                if obj["metadata"]["namespace"] == namespace
            ),
            reverse=True,
        )

    def list_owned(self, project: str, owner: str) -> list[str]:
        """Return the ids of a person's jobs in a project, ended ones too."""
        return [
            each.id
            for each in self.list_all()
            if (each.project, each.owner) == (project, owner)
        ]

    def list_unfinished(self, project: str | None = None) -> list[ObservedJob]:
        """Return jobs that have not ended, cancelled ones left out.

        Args:
            project: Of one project; None for all.
        """
        group = f"{OPEN}:{project_namespace(project)}" if project else OPEN
        job = (self._read_job(obj) for obj in self._last_of(group))
        return [each for each in job if each]

    def count_unfinished(self, project: str, owner: str) -> int:
        """Return how many jobs of a person in a project have not ended.

        Args:
            project: Name of the project.
            owner: The person's slug.
        """
        return self._count(f"{OPEN}:{project_namespace(project)}:{owner}")

    def count_all(self, project: str) -> int:
        """Return how many jobs of a project there are, ended ones too."""
        return self._count(f"{ALL}:{project_namespace(project)}")

    def list_failed(self) -> list[Manifest]:
        """Return the objects of jobs whose last attempt failed."""
        return list(self._last_of(FAILED))

    def list_all(self) -> list[ObservedJob]:
        """Return every job of the cluster."""
        job = (self._read_job(obj) for obj in self._latest())
        return [each for each in job if each]

    def list_superseded(self) -> list[Manifest]:
        """Return objects of attempts that a later one has taken the place of."""
        again = {job_key(obj) or "" for obj in self._indexed(LATER)}
        return [obj for group in again for obj in self._attempts(group)[:-1]]

    @contextmanager
    def deleting(self, project: str, job_id: str) -> Iterator[None]:
        """Remember that a job is deleted, unless that fails in the context.

        An attempt that is being made meanwhile would bring it back.
        """
        group = _group(project, job_id)
        self._deleted[group] = None
        while len(self._deleted) > MOST_DELETED:
            del self._deleted[next(iter(self._deleted))]
        try:
            yield
        except BaseException:
            self._deleted.pop(group, None)
            raise

    def is_deleted(self, project: str, job_id: str) -> bool:
        """Say whether a job was deleted, or just is."""
        return _group(project, job_id) in self._deleted

    def list_undeleted(self) -> list[Manifest]:
        """Return objects of deleted jobs that are there again or still."""
        # Each change of a job asks, and hardly ever is one there.
        found = {
            group
            for each in self._jobs.values()
            for group in each.groups() & self._deleted.keys()
        }
        return [obj for group in found for obj in self._attempts(group)]

    def put(self, obj: Manifest) -> None:
        """Take in a job that was just written, unless something newer is known."""
        watcher = self._jobs[obj["kind"]]
        known = watcher.objects.get(object_key(obj))
        if known is None or _version(known) < _version(obj):
            watcher.put(obj)

    def drop(self, obj: Manifest) -> None:
        """Forget a job's object that was just deleted."""
        self._jobs[obj["kind"]].drop(object_key(obj))

    def _count(self, group: str) -> int:
        return sum(each.count(group) for each in self._jobs.values())

    def _latest(self) -> Iterator[Manifest]:
        groups = {
            group
            for each in self._jobs.values()
            for group in each.groups()
            if "/" in group
        }
        return (self._attempts(group)[-1] for group in groups)

    def _last_of(self, group: str) -> Iterator[Manifest]:
        """Return the objects of a group that are their jobs' last attempts."""
        for obj in self._indexed(group):
            if self._attempts(job_key(obj) or "")[-1] is obj:
                yield obj

    def _indexed(self, group: str) -> list[Manifest]:
        found: list[Manifest] = []
        for each in self._jobs.values():
            # Of the kinds that there are, a group is mostly of one.
            found += each.indexed(group)
        return found

    def _attempts(self, group: str) -> list[Manifest]:
        found = self._indexed(group)
        return found if len(found) < 2 else sorted(found, key=attempt_of)  # noqa: PLR2004

    def notify(self, job: ObservedJob) -> None:
        """Notify subscribers of a status change that is not in the API object."""
        self._subscriptions.notify(job.namespace, job.id)

    def wake(self) -> None:
        """Let those who work in the background look, though nothing has changed."""
        self._subscriptions.wake()

    def subscribed(self, project: str | None) -> AbstractContextManager[Subscription]:
        """Collect changes of a project's jobs, or all, while the context lasts."""
        return self._subscriptions.open(project_namespace(project) if project else None)


def _group(project: str, job_id: str) -> str:
    return f"{project_namespace(project)}/{job_id}"


def watch_kind(api: ApiClient | None, kind: WorkloadKind) -> Watcher:
    """Return the watch of one kind of object."""
    return Watcher(
        api,
        kind.api_path,
        label_selector=JOB_LABEL,
        trim=partial(strip_job, kind),
        index=job_index_keys,
    )


def _version(obj: Manifest) -> int:
    # Kubernetes compares versions of one kind as numbers, and says so since 1.35.
    text = obj["metadata"].get("resourceVersion", "0")
    return int(text) if text.isdecimal() else 0
