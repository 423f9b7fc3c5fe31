"""What binds a job's replicas together: made with the job, watched, gone with it."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from mofang_hub.settings import GangSettings
from mofang_jobs.adapters.pod_group_discovery import discover_capabilities
from mofang_jobs.domain.gang import Gang, GangPolicy, Owner
from mofang_jobs.domain.models import (
    JobRequest,
    Manifest,
    ObservedJob,
    ObservedPod,
    SchedulingMetadata,
)
from mofang_jobs.scheduling.policy_selection import POD_GROUP_APIS, select_policy
from mofang_jobs.scheduling.ungrouped import UngroupedPolicy
from mofang_kube.clients import ApiClient
from mofang_kube.errors import ConflictError, InvalidError
from mofang_kube.names import JOB_LABEL
from mofang_kube.objects import ObjectStorage
from mofang_kube.watcher import Watcher

log = structlog.get_logger(__name__)


def _strip(group: Manifest) -> Manifest:
    metadata = group["metadata"]
    kept = {name: metadata[name] for name in ("name", "namespace", "resourceVersion")}
    return {
        "metadata": {**kept, "labels": metadata.get("labels") or {}},
        "status": group.get("status") or {},
    }


class PodGroupController:
    """Asks the cluster's gang policy, and follows the groups it makes.

    Args:
        api: The client; shared, not closed here.
        objects: Makes groups.
        settings: Which policy is wanted.
        policy: The one in use until it is settled by what the cluster has.
    """

    def __init__(
        self,
        api: ApiClient,
        objects: ObjectStorage,
        settings: GangSettings,
        policy: GangPolicy | None = None,
    ) -> None:
        self._api = api
        self._objects = objects
        self._settings = settings
        self._policy = policy or UngroupedPolicy()
        self._missing = ""
        """Why the wanted policy cannot be used; empty if it can."""

        self._groups: Watcher | None = None

    async def select_policy(self) -> None:
        """Settle the policy by what the cluster has, once.

        One that is wanted and not there may come later. Until then no job is made or
        admitted, as its replicas would not be bound; all else goes on.

        Raises:
            ClusterError: The cluster does not answer.
        """
        if self._groups is not None:
            return
        served = await discover_capabilities(self._api, POD_GROUP_APIS)
        try:
            self._policy = select_policy(served, self._settings)
        except InvalidError as err:
            self._missing = err.message
            log.warning("gang policy is missing", error=err.message)
            return
        self._missing = ""
        if self._policy.api is not None:
            self._groups = Watcher(
                self._api, self._policy.api.path, label_selector=JOB_LABEL, trim=_strip
            )
            self._groups.start()
        log.info("gang policy chosen", policy=self._policy.name)

    @property
    def watchers(self) -> list[Watcher]:
        """The watch of groups; none where the policy makes none."""
        return [self._groups] if self._groups else []

    async def stop(self) -> None:
        """End the watch."""
        if self._groups is not None:
            await self._groups.stop()

    def scheduling_metadata(self, job: JobRequest) -> SchedulingMetadata:
        """Return what the pods of a job carry.

        Raises:
            ConflictError: The wanted policy is not there now; says what to do.
        """
        self._check()
        return self._policy.scheduling_metadata(Gang.of(job))

    async def create_if_absent(self, job: ObservedJob, owner: Manifest) -> None:
        """Make the group of a job, owned by its object; what is there stays.

        Raises:
            ConflictError: The wanted policy is not there now; says what to do.
        """
        self._check()
        group = self._policy.build_group(Gang.of(job), Owner.of(owner))
        if group is not None:
            await self._objects.create_if_absent(group)

    def waiting(self, job: ObservedJob, pods: Sequence[ObservedPod]) -> str | None:
        """Return why a job that was admitted finds no nodes; None if it did."""
        if self._groups is None or job.is_suspended or job.outcome:
            return None
        if pods and all(pod.node for pod in pods):
            return None
        group = self._groups.objects.get(f"{job.namespace}/{job.object_name}")
        return self._policy.pending_reason(Gang.of(job), group, pods)

    def _check(self) -> None:
        # Restarts try again after a conflict; what is invalid they give up.
        if self._missing:
            raise ConflictError(self._missing)
