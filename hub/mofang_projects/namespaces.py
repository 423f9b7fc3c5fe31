"""Make and keep the namespace of a project.

Knows nothing of the framework that calls it (``reconciler`` does). Each method
may be called at any time and any number of times.

Removal. Deleting a Project never deletes what people keep: volumes are
``Retain`` and directories stay. The namespace goes only when no server and no
job is left in it; until then the deletion is held, and the status says what
for. So a slip of the hand costs nobody a running job.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from mofang_kube.errors import MofangError, http_status, is_permanent
from mofang_kube.names import PROJECT_LABEL, PULL_SECRET_PREFIX, project_namespace
from mofang_kube.objects import Manifest, ObjectStorage
from mofang_projects.builder import (
    build_namespace,
    build_namespace_objects,
    build_service_account,
)
from mofang_projects.data_sources import SourceState, all_sources, nfs_fault
from mofang_projects.directories import (
    FAILURES,
    Directories,
    logs_directory,
    project_directory,
)
from mofang_projects.job_counts import JobCounts
from mofang_projects.models import Project
from mofang_projects.pull_secrets import (
    BadPullSecretError,
    build_pull_secret,
    pull_secret_name,
)
from mofang_projects.quotas import build_job_quota
from mofang_projects.settings import NamespaceSettings, VolumeCategory
from mofang_projects.usage import UsageReader, as_status
from mofang_projects.volumes import volume_name
from mofang_projects.workloads import find_workloads
from mofang_spawner.data_sources.models import CLAIM as DATA_CLAIM
from mofang_spawner.data_sources.models import DataSource
from mofang_storage.base import DirectoryError
from mofang_storage.confined_fs import UnsafePathError

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """Where a project stands, as people read it."""

    PENDING = "Pending"
    READY = "Ready"
    FAILED = "Failed"
    DELETING = "Deleting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """What is said of a project in its status."""

    phase: Phase
    message: str
    namespace: str = ""
    reason: str = field(default="")
    """One word for programs: the condition's reason."""

    storage: dict[str, Any] | None = None
    """What files and logs take and may take; None if that is not known."""

    sources: tuple[SourceState, ...] | None = None
    """Data sources; None if they were not looked at."""

    def as_status(
        self, *, generation: int, before: dict[str, Any], now: datetime | None = None
    ) -> dict[str, Any]:
        """Render the status, keeping the time of a condition that did not change.

        Args:
            generation: Of the object that was reconciled.
            before: The object's status so far.
            now: None for the current time.
        """
        ready = "True" if self.phase is Phase.READY else "False"
        time = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for condition in before.get("conditions") or []:
            if condition["type"] == "Ready" and condition["status"] == ready:
                time = condition["lastTransitionTime"]
        storage = before.get("storage") if self.storage is None else self.storage
        sources = before.get("dataSources")
        if self.sources is not None:
            sources = [each.as_status() for each in self.sources]
        return {
            "phase": self.phase.value,
            "namespace": self.namespace,
            "message": self.message,
            **({"storage": storage} if storage else {}),
            **({"dataSources": sources} if sources else {}),
            "observedGeneration": generation,
            "conditions": [
                {
                    "type": "Ready",
                    "status": ready,
                    "reason": self.reason or self.phase.value,
                    "message": self.message,
                    "lastTransitionTime": time,
                    "observedGeneration": generation,
                }
            ],
        }


class ForeignNamespaceError(Exception):
    """A namespace of the project's name exists and is not the project's."""


class ProjectNamespaces:
    """Makes namespaces what their Projects say."""

    def __init__(
        self,
        objects: ObjectStorage,
        settings: NamespaceSettings,
        *,
        directories: Directories | None = None,
        usage: UsageReader | None = None,
        rbac_pauses: Sequence[float] = (0.1, 0.5, 2.0),
    ) -> None:
        self._objects = objects
        self._settings = settings
        self._directories = directories
        self._usage = usage
        self._job_counts = JobCounts(objects)
        self._rbac_pauses = rbac_pauses
        """Seconds between attempts to use a right that was given just before."""

    async def reconcile(
        self, project: Project, environments: Iterable[Mapping[str, Any]] = ()
    ) -> ProjectState:
        """Make the namespace and everything in it, or put right what drifted.

        Args:
            project: The project.
            environments: All Environments, as Kubernetes has them.

        Raises:
            ForeignNamespaceError: When somebody else's namespace is in the way.
            MofangError: When Kubernetes refuses an object or does not answer.
            OSError: When the project's directory cannot be made.
            DirectoryError: Likewise.
            UnsafePathError: Likewise.
        """
        if await self._is_terminating(project):
            return ProjectState(
                phase=Phase.PENDING,
                namespace=project_namespace(project.name),
                message="The namespace is being removed; it is made anew after that.",
            )
        job_quota = await self._objects.find(build_job_quota(project, self._settings))
        counted = await self._job_counts.countable(job_quota)
        sources = await self._source_states(project, environments)
        wanted = build_namespace_objects(project, self._settings, counted, sources)
        pull_secrets = await self._pull_secrets(project)
        await self._remove_other_pull_secrets(project)
        for manifest in wanted:
            applied = await self._objects.apply(manifest)
            if manifest["kind"] == "PersistentVolume":
                await self._release(applied)
        for manifest in pull_secrets:
            await self._apply_pull_secret(manifest)
        await self._remove_other_policies(project, wanted)
        await self._remove_other_data(project.name, wanted)
        if self._directories is not None:
            await self._directories.ensure_project(project)
        faults = [f"{each.source.key}: {each.fault}" for each in sources if each.fault]
        left_out = ["Data sources are left out."] if faults else []
        return ProjectState(
            phase=Phase.READY,
            namespace=project_namespace(project.name),
            message=" ".join(["Servers and jobs can be started.", *left_out, *faults]),
            storage=await self._storage(project),
            sources=tuple(sources),
        )

    async def _source_states(
        self, project: Project, environments: Iterable[Mapping[str, Any]]
    ) -> list[SourceState]:
        return [
            SourceState(source=each, fault=await self._source_fault(project, each))
            for each in all_sources(project, environments)
        ]

    async def _source_fault(self, project: Project, source: DataSource) -> str:
        if source.nfs:
            return nfs_fault(source.nfs, self._settings.storage)
        if source.cephfs and self._directories is not None:
            return await self._directories.find_data_fault(source.cephfs.path)
        if source.persistent_volume_claim:
            name = source.persistent_volume_claim.claim_name
            namespace = project_namespace(project.name)
            if await self._objects.find(_claim(namespace, name)) is None:
                return (
                    f"There is no PersistentVolumeClaim {name} in the namespace "
                    f"{namespace}: make it."
                )
        return ""

    async def _remove_other_data(self, project: str, wanted: list[Manifest]) -> None:
        """Remove volumes and claims of data sources that are no longer declared.

        What they hold stays. Kubernetes keeps claims until no pod uses them.
        """
        names = {(each["kind"], each["metadata"]["name"]) for each in wanted}
        for kind in ("PersistentVolumeClaim", "PersistentVolume"):
            for each in await self._data_volumes(kind, project):
                if (kind, each["metadata"]["name"]) not in names:
                    await self._objects.delete(each)

    async def _data_volumes(self, kind: str, project: str) -> list[Manifest]:
        """Return the volumes or the claims that were made for data sources."""
        is_claim = kind == "PersistentVolumeClaim"
        found = await self._objects.list_objects(
            "v1",
            kind,
            namespace=project_namespace(project) if is_claim else "",
            selector=f"app.kubernetes.io/managed-by=mofang-reconciler,"
            f"{PROJECT_LABEL}={project}",
        )
        return [
            each
            for each in found
            if f"{each['metadata']['name']}.".startswith(f"{DATA_CLAIM}.")
        ]

    async def remove(self, project: str) -> str | None:
        """Take one step towards removing the namespace.

        Returns:
            What the removal waits for, as a sentence; None once it is done.
        """
        namespace = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": project_namespace(project)},
        }
        found = await self._objects.find(namespace)
        if found is not None and _belongs_to(found, project):
            running = await find_workloads(self._objects, project_namespace(project))
            if summary := running.summary():
                return (
                    f"Not removed while {summary} in it. Stop or delete them, and "
                    "the removal goes on by itself. People's files stay in any case."
                )
            await self._keep_files(project)
            await self._objects.delete(namespace)
            return "The namespace is being removed. People's files stay."
        await self._remove_other_data(project, [])
        for category in VolumeCategory:
            await self._objects.delete(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": volume_name(project, category)},
                }
            )
        return None

    async def _storage(self, project: Project) -> dict[str, Any] | None:
        """Render what the files and the logs of a project take and may take."""
        if self._directories is None or self._usage is None:
            return None
        storage = self._directories.storage
        return {
            "snapshots": storage.keeps_snapshots,
            "project": as_status(
                await self._usage.read(project_directory(project.name)),
                self._directories.project_quota(project),
                enforced=storage.enforces_quotas,
            ),
            "logs": as_status(
                await self._usage.read(logs_directory(project.name)),
                self._directories.logs_quota(project),
                enforced=storage.enforces_quotas,
            ),
        }

    async def _keep_files(self, project: str) -> None:
        """Keep a snapshot of a project's files, where there are any, before it goes."""
        directories = self._directories
        if directories is None or not directories.storage.keeps_snapshots:
            return
        try:
            await directories.snapshot(project_directory(project))
        except FAILURES as err:
            # The files stay in any case.
            log.warning("No snapshot of the project %s was taken: %s", project, err)

    async def _is_terminating(self, project: Project) -> bool:
        found = await self._objects.find(build_namespace(project))
        if found is None:
            return False
        if not _belongs_to(found, project.name):
            msg = (
                f"The namespace {project_namespace(project.name)} exists and does not "
                f"belong to this project (no label {PROJECT_LABEL}={project.name}). "
                "Remove it, or give the project another name."
            )
            raise ForeignNamespaceError(msg)
        return "deletionTimestamp" in found["metadata"]

    async def _release(self, volume: Manifest) -> None:
        """Let a volume be claimed again after its namespace was lost.

        Its claim is then a new object, and Kubernetes waits for the old one.
        """
        if volume.get("status", {}).get("phase") == "Released":
            await self._objects.merge(
                volume, {"spec": {"claimRef": {"uid": None, "resourceVersion": None}}}
            )

    async def _pull_secrets(self, project: Project) -> list[Manifest]:
        """Build the copies of the platform's image pull secrets.

        Raises:
            BadPullSecretError: One is not there, or is no pull secret.
        """
        platform = self._settings.platform_namespace
        copies = []
        for name in self._settings.image_pull_secrets:
            source = await self._objects.find(_secret(platform, name))
            if source is None:
                raise BadPullSecretError(
                    f"The Secret {name} of imagePullSecrets is not in the namespace "
                    f"{platform}: make it there, or take it out of the chart's values."
                )
            copies.append(build_pull_secret(project, source))
        return copies

    async def _apply_pull_secret(self, manifest: Manifest) -> None:
        """Apply a copy, by a right that was bound in this namespace just before.

        The API server's authorizer learns of new RoleBindings by a watch.
        """
        for pause in self._rbac_pauses:
            try:
                await self._objects.apply(manifest)
            except MofangError as err:
                if http_status(err) != HTTPStatus.FORBIDDEN:
                    raise
            else:
                return
            await asyncio.sleep(pause)
        await self._objects.apply(manifest)

    async def _remove_other_pull_secrets(self, project: Project) -> None:
        """Remove copies that the settings no longer ask for.

        The account of the namespace's pods still names them: Secrets are not listed,
        since users' own are among them.
        """
        account = await self._objects.find(
            build_service_account(project, self._settings)
        )
        wanted = {pull_secret_name(each) for each in self._settings.image_pull_secrets}
        for each in (account or {}).get("imagePullSecrets") or []:
            name = each["name"]
            if name.startswith(PULL_SECRET_PREFIX) and name not in wanted:
                namespace = project_namespace(project.name)
                try:
                    await self._objects.delete(_secret(namespace, name))
                except MofangError as err:
                    # The chart gives the right to write Secrets only as long as there
                    # is one to copy; what the last one left stays.
                    if http_status(err) != HTTPStatus.FORBIDDEN:
                        raise

    async def _remove_other_policies(
        self, project: Project, wanted: list[Manifest]
    ) -> None:
        """Remove policies of ours that the settings no longer ask for.

        Policies that somebody else put there carry no label of ours and stay.
        """
        names = {m["metadata"]["name"] for m in wanted if m["kind"] == "NetworkPolicy"}
        for policy in await self._objects.list_objects(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            namespace=project_namespace(project.name),
            selector="app.kubernetes.io/managed-by=mofang-reconciler",
        ):
            if policy["metadata"]["name"] not in names:
                await self._objects.delete(policy)


def failed_state(err: Exception, project: str) -> ProjectState:
    """Say why a project could not be made."""
    match err:
        case ForeignNamespaceError():
            reason = "NamespaceTaken"
        case MofangError():
            reason = "RefusedByKubernetes" if is_permanent(err) else "NoAnswer"
        case BadPullSecretError():
            reason = "PullSecretMissing"
        case OSError() | DirectoryError() | UnsafePathError():
            reason = "DirectoryNotMade"
        case _:
            reason = "BadSpec"
    return ProjectState(
        phase=Phase.FAILED,
        message=str(err),
        namespace=project_namespace(project),
        reason=reason,
    )


def _claim(namespace: str, name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
    }


def _secret(namespace: str, name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
    }


def _belongs_to(namespace: Manifest, project: str) -> bool:
    labels = namespace["metadata"].get("labels") or {}
    return bool(labels.get(PROJECT_LABEL) == project)
