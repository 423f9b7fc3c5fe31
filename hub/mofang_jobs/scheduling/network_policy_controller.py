"""NetworkPolicies of jobs: made before a job may run, removed when it has ended.

The admitter makes a job's policy; what is done here is the rest: one that vanished is
made again, and one whose job has ended is removed, long before the job's object is.
Network plugins work for each policy that there is, and jobs are kept for weeks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.domain.gang import Owner
from mofang_jobs.domain.job_network import (
    API_VERSION,
    KIND,
    PATH,
    build_policy,
    has_network,
    is_over,
    requires_network,
)
from mofang_jobs.domain.models import Manifest, ObservedJob
from mofang_kube.clients import ApiClient
from mofang_kube.errors import MofangError
from mofang_kube.leader import Leads, always
from mofang_kube.names import JOB_LABEL, namespace_project
from mofang_kube.objects import ObjectStorage
from mofang_kube.watcher import Watcher

log = structlog.get_logger(__name__)

POLL_SECONDS = 30.0
PAUSE_SECONDS = 1.0
"""Least time between two looks: in a burst of changes one serves for many."""


def _strip(policy: Manifest) -> Manifest:
    metadata = policy["metadata"]
    kept = {name: metadata[name] for name in ("name", "namespace", "resourceVersion")}
    return {"metadata": {**kept, "labels": metadata.get("labels") or {}}}


class NetworkPolicies:
    """The policies of jobs, as last observed, and their writer.

    Args:
        policies: Watch of the policies that carry the label of a job.
        objects: Creates and deletes them.
    """

    def __init__(self, policies: Watcher, objects: ObjectStorage) -> None:
        self._policies = policies
        self._objects = objects

    @classmethod
    def of_cluster(cls, api: ApiClient, objects: ObjectStorage) -> NetworkPolicies:
        """Return those of a cluster, which are followed once they are started."""
        return cls(Watcher(api, PATH, label_selector=JOB_LABEL, trim=_strip), objects)

    @property
    def watchers(self) -> list[Watcher]:
        """The watch of policies."""
        return [self._policies]

    def start(self) -> None:
        """Begin to follow the cluster."""
        self._policies.start()

    async def stop(self) -> None:
        """End the watch."""
        await self._policies.stop()

    async def create_if_absent(self, job: ObservedJob, owner: Manifest) -> None:
        """Make the policy of a job whose replicas may call each other.

        Args:
            job: The job.
            owner: Its object, with which the policy is deleted.

        Raises:
            MofangError: Kubernetes refuses it, or does not answer.
        """
        if has_network(job):
            await self._objects.create_if_absent(build_policy(job, Owner.of(owner)))

    async def delete(self, policy: Manifest) -> None:
        """Remove a policy.

        Raises:
            MofangError: Kubernetes refuses, or does not answer.
        """
        named = {"apiVersion": API_VERSION, "kind": KIND, **policy}
        await self._objects.delete(named)

    async def wait_for_sync(self) -> None:
        """Return once the first list is in, however long that takes."""
        await self._policies.has_synced.wait()

    def has(self, job: ObservedJob) -> bool:
        """Say whether the policy of a job's attempt is there."""
        return f"{job.namespace}/{job.object_name}" in self._policies.objects

    def list_all(self) -> list[Manifest]:
        """Return all policies, without what they say."""
        return list(self._policies.objects.values())

    @asynccontextmanager
    async def waking(self, wake: Callable[[], None]) -> AsyncIterator[None]:
        """Call ``wake`` on each change of a policy, while the context lasts."""

        async def follow() -> None:
            async for _ in self._policies.changes():
                wake()

        follower = asyncio.create_task(follow(), name="changes of policies")
        try:
            yield
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)


class NetworkPolicyController:
    """Keeps the policies of jobs as they must be.

    Args:
        cache: Jobs and pods as last observed.
        policies: Those that are there.
        leads: Says whether this process acts.
        pause_seconds: Least time between two looks.
    """

    def __init__(
        self,
        cache: JobCache,
        policies: NetworkPolicies,
        *,
        leads: Leads = always,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._cache = cache
        self._policies = policies
        self._leads = leads
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Look whenever something changes, until cancelled."""
        await self._cache.wait_for_sync()
        await self._policies.wait_for_sync()
        with self._cache.subscribed(None) as subscription:
            async with self._policies.waking(subscription.wake):
                while True:
                    await self.reconcile()
                    await asyncio.sleep(self._pause_seconds)
                    await subscription.wait(POLL_SECONDS)

    async def reconcile(self) -> None:
        """Make what is missing, and remove what is over."""
        for job in self._cache.list_unfinished():
            if requires_network(job) and not self._policies.has(job) and self._leads():
                await self._restore(job)
        for policy in self._policies.list_all():
            if self._is_over(policy) and self._leads():
                await self._remove(policy)

    async def _restore(self, job: ObservedJob) -> None:
        obj = self._cache.find_object(job.project, job.id)
        if obj is None:
            return
        try:
            await self._policies.create_if_absent(job, obj)
        except MofangError as err:
            # The next look tries again.
            log.warning("network of a job not made", job=job.id, error=str(err))
            return
        log.info("network of a job made again", project=job.project, job=job.id)

    def _is_over(self, policy: Manifest) -> bool:
        metadata = policy["metadata"]
        project = namespace_project(metadata["namespace"])
        if project is None:
            return False
        job = self._cache.find(project, metadata["labels"].get(JOB_LABEL, ""))
        # Of a job that is gone it is collected with the job's object.
        return job is not None and is_over(job, self._cache.pods_of(job))

    async def _remove(self, policy: Manifest) -> None:
        try:
            await self._policies.delete(policy)
        except MofangError as err:
            name = policy["metadata"]["name"]
            log.warning("network of an ended job stays", job=name, error=str(err))
