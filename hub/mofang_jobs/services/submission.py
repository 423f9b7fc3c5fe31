"""Turn what is asked into a job: look at it first, make it, make it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog
import yaml

from mofang_api.models import (
    Engine,
    Framework,
    JobSpec,
    Preview,
    QuotaCost,
    RestartRecord,
)
from mofang_hub.settings import JobSettings
from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.domain.capacity import NodeCapacity, excluded_nodes
from mofang_jobs.domain.capacity_warnings import capacity_warnings
from mofang_jobs.domain.errors import TooManyError
from mofang_jobs.domain.models import (
    Caller,
    JobRequest,
    Manifest,
    MemberRole,
    ObservedJob,
)
from mofang_jobs.domain.resource_requests import (
    CPU,
    DISK_LIMIT,
    GPU,
    MEMORY,
    PODS,
    resource_requests,
)
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.registry import KINDS, select_kind
from mofang_jobs.engines.rendering import render
from mofang_jobs.scheduling.pod_group_controller import PodGroupController
from mofang_jobs.services.access_policy import AccessPolicy
from mofang_jobs.services.job_validator import JobValidator
from mofang_kube.ephemeral_storage import usable_caches
from mofang_kube.errors import InvalidError, QuotaError, RefusedError
from mofang_spawner.environments.models import Project

log = structlog.get_logger(__name__)

# libyaml's is about six times as fast.
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_SHOWN = {
    CPU: "cpu",
    MEMORY: "memory",
    GPU: "gpu",
    DISK_LIMIT: "ephemeral_storage",
    PODS: "pods",
}


class SubmissionService:
    """Makes jobs.

    Args:
        cache: Jobs, pods and nodes as last observed.
        job_storage: Makes objects.
        access: Knows when projects are known.
        validator: What a job may ask for.
        quotas: What projects may use.
        pod_groups: What pods need for their gang.
        settings: How many jobs there may be in a project that says nothing.
    """

    def __init__(
        self,
        *,
        cache: JobCache,
        job_storage: JobStorage,
        access: AccessPolicy,
        validator: JobValidator,
        quotas: Quotas,
        pod_groups: PodGroupController,
        settings: JobSettings,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._access = access
        self._validator = validator
        self._quotas = quotas
        self._pod_groups = pod_groups
        self._settings = settings
        self._being_made: Counter[tuple[str, str]] = Counter()

    async def submit(
        self, caller: Caller, role: MemberRole, project: Project, spec: JobSpec
    ) -> Manifest:
        """Create a job that waits to be admitted.

        Args:
            caller: Who asks; what is visible depends on it.
            role: What the caller is in the project.
            project: Name of the project.
            spec: The specification, already validated.

        Raises:
            TooManyError: The caller has too many jobs there that have not ended.
            QuotaError: The project keeps as many jobs as it may.
            MofangError: The job may not be, or Kubernetes would not.
        """
        kind = self._kind(spec)
        # Before the work of a validation, which somebody at a limit could ask for
        # again and again.
        self._check_limits(project, caller)
        new = await self._validator.validate(caller, role, project, spec)
        with self._counted(caller, project):
            return await self._create(kind, new)

    @contextmanager
    def _counted(self, caller: Caller, project: Project) -> Iterator[None]:
        """Count a job that is being made, as the cache does once it is."""
        key = project.name, caller.name
        self._check_limits(project, caller)
        self._being_made[key] += 1
        try:
            yield
        finally:
            self._being_made[key] -= 1
            if not self._being_made[key]:
                del self._being_made[key]

    def _check_limits(self, project: Project, caller: Caller) -> None:
        self._check_user_limit(project, caller)
        self._check_project_limit(project)

    def _check_user_limit(self, project: Project, caller: Caller) -> None:
        being_made = self._being_made[project.name, caller.name]
        known = self._cache.count_unfinished(project.name, caller.slug)
        unfinished = being_made + known
        maximum = project.quota.get("jobsPerUser", self._settings.limit_per_user)
        if unfinished >= maximum:
            raise TooManyError(
                f"You have {unfinished} jobs in {project.name} that have not ended, "
                f"and {maximum} are allowed. Wait until some have ended, or cancel "
                "some."
            )

    def _check_project_limit(self, project: Project) -> None:
        kept = self._cache.count_all(project.name) + sum(
            count for key, count in self._being_made.items() if key[0] == project.name
        )
        maximum = project.quota.get("jobs", self._settings.limit_per_project)
        if kept >= maximum:
            raise QuotaError(
                f"The project {project.name} keeps {maximum} jobs, which is the most; "
                "those that have ended count until they are removed. Delete some that "
                "nobody needs, or ask an administrator for more."
            )

    async def resubmit(self, job: ObservedJob, record: RestartRecord) -> Manifest:
        """Create the next attempt of a job.

        Raises:
            MofangError: It may no longer be, or Kubernetes would not.
        """
        if job.is_unsupported:
            raise InvalidError(
                "It was submitted to another version of the platform, and this version "
                "does not know all that it asks for. Submit it again."
            )
        # Just after our start nobody may have asked for projects yet.
        await self._access.ready()
        admitted = self._validator.rebuild_request(job)
        restarts = (*job.restarts, record)
        new = replace(
            admitted,
            id=job.id,
            attempt=job.attempt + 1,
            restarts=restarts,
            excluded_nodes=excluded_nodes(
                job.spec, admitted.pool, restarts, self._nodes(), admitted.disks
            ),
            submitted=job.created,
        )
        return await self._create(self._kind(job.spec), new)

    async def _create(self, kind: WorkloadKind, new: JobRequest) -> Manifest:
        objects = render(
            kind, new, self._cache.nodes, self._pod_groups.scheduling_metadata(new)
        )
        obj = await self._job_storage.create(kind, objects)
        self._cache.put(obj)
        return obj

    async def preview(
        self, caller: Caller, role: MemberRole, project: Project, spec: JobSpec
    ) -> Preview:
        """Return what a job would be; nothing is made.

        Args:
            caller: Who asks; what is visible depends on it.
            role: What the caller is in the project.
            project: Name of the project.
            spec: The specification, already validated.
        """
        faults: dict[str, str] = {}
        try:
            kind: WorkloadKind | None = self._kind(spec)
        except InvalidError as err:
            kind, faults = None, dict(err.fields)
        try:
            new = await self._validator.validate(caller, role, project, spec)
        except RefusedError as err:
            faults |= err.fields or {"": err.message}
            new = self._validator.draft(caller, role, project, spec)
        objects: list[Manifest] = []
        if kind:
            objects = render(
                kind, new, self._cache.nodes, self._pod_groups.scheduling_metadata(new)
            )
        return Preview(
            manifest=yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False),
            workload_kind=kind.kind if kind else "",
            cost=self._cost(project.name, new),
            notes=capacity_warnings(
                new.spec,
                project.pool,
                self._cache.node_capacities,
                new.disks,
            ),
            cache_bytes=usable_caches(new.disks),
            fields=faults,
        )

    def _nodes(self) -> list[NodeCapacity]:
        return [NodeCapacity.from_node(each) for each in self._cache.node_objects]

    def _kind(self, spec: JobSpec) -> WorkloadKind:
        kind = select_kind(spec.framework, spec.engine, self._cache.kinds)
        if kind is not None:
            return kind
        field = "framework" if spec.engine is None else "engine"
        raise InvalidError(
            _no_engine(spec.framework, spec.engine),
            fields={field: _no_engine(spec.framework, spec.engine)},
        )

    def _cost(self, project: str, new: JobRequest) -> list[QuotaCost]:
        hard, used = self._quotas.hard(project), self._quotas.used(project)
        asked = resource_requests(new.spec, disks=new.disks)
        return [
            QuotaCost(
                resource=shown,
                requested=float(asked[name]),
                used=float(used.get(name, 0)),
                limit=float(hard[name]) if name in hard else None,
            )
            for name, shown in _SHOWN.items()
        ]


_INSTALLING = (
    "If the platform was started a few minutes ago, it may still be installing: try "
    "again in a minute."
)


def _no_engine(framework: Framework, engine: Engine | None) -> str:
    if engine is None:
        return (
            f"Nothing that runs {framework} jobs is installed on this cluster. "
            f"{_INSTALLING} Otherwise ask an administrator to install the Kubeflow "
            "Training Operator or JobSet."
        )
    if select_kind(framework, engine, KINDS) is None:
        return (
            f"The engine {engine} does not run {framework} jobs. Leave the engine out "
            "to have one chosen."
        )
    return (
        f"The engine {engine} is not installed on this cluster. {_INSTALLING} Leave "
        "the engine out to have one chosen."
    )
