"""Which jobs may be made: their paths, images, quota, and the request that results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from mofang_api.models import JobSpec
from mofang_hub.settings import JobSettings
from mofang_jobs.adapters.pod_storage import PodStorage
from mofang_jobs.domain.data_sources import check_sources, resolve_sources
from mofang_jobs.domain.environments import (
    check_image,
    is_of_environment,
    job_variables,
    resolve_image,
    role_disks,
)
from mofang_jobs.domain.models import Caller, JobRequest, MemberRole, ObservedJob
from mofang_jobs.domain.privileges import check_privileges
from mofang_jobs.domain.validation import FieldErrors, check_paths, check_quota
from mofang_kube.errors import ConflictError, InvalidError, QuotaError
from mofang_kube.names import new_job_id, project_namespace
from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.data_sources.pod_data import build_pod_data
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import data_sources, usable_sources
from mofang_spawner.volumes.grants import grants


class JobValidator:
    """Applies the rules of jobs to what the cluster holds.

    Args:
        catalog: Projects and environments.
        servers: Images of running servers.
        settings: What the platform allows.
    """

    def __init__(
        self, catalog: Catalog, servers: PodStorage, settings: JobSettings
    ) -> None:
        self._catalog = catalog
        self._servers = servers
        self._settings = settings

    async def validate(
        self, caller: Caller, role: MemberRole, project: Project, spec: JobSpec
    ) -> JobRequest:
        """Return the job that is to be made.

        Args:
            caller: Who asks; what is visible depends on it.
            role: What the caller is in the project.
            project: Name of the project.
            spec: The specification, already validated.

        Raises:
            InvalidError: Fields must change; each has its sentence.
            QuotaError: The project could never run it.
            ConflictError: The project is not ready.
        """
        if project.phase != "Ready":
            raise ConflictError(
                f"The project {project.name} is not ready: "
                f"{project.message or 'its namespace is being made.'} Try again in a "
                "minute."
            )
        environments = self._catalog.list_environments(project, caller.groups)
        request = self._request_of(caller, role, project, spec, environments)
        faults = check_sources(
            request.spec,
            project,
            data_sources(project, resolve_image(spec, environments)[1]),
            request.data.sources,
        )
        faults |= check_paths(spec, project.name)
        faults |= check_privileges(spec, project, caller.name, role)
        faults |= await self._check_image(caller, project, spec, environments)
        if faults:
            raise InvalidError(_summary(faults), fields=faults)
        over = check_quota(spec, project, request.disks)
        if over:
            raise QuotaError(" ".join(over.values()), fields=over)
        return request

    def _request_of(
        self,
        caller: Caller,
        role: MemberRole,
        project: Project,
        spec: JobSpec,
        environments: Iterable[Environment],
    ) -> JobRequest:
        return self._build_request(
            caller.name,
            project,
            spec,
            environments,
            sources_of=lambda known: usable_sources(project, known, caller.name, role),
        )

    def _build_request(
        self,
        owner: str,
        project: Project,
        spec: JobSpec,
        environments: Iterable[Environment],
        *,
        sources_of: Callable[[Environment | None], tuple[DataSource, ...]],
    ) -> JobRequest:
        """Return a job as it would be made if nothing were wrong with it.

        Args:
            owner: Who submitted the job.
            project: The project, with its pool.
            spec: The specification, already validated.
            environments: Those that the owner may use; the image of one is taken by its
                name.
            sources_of: Returns the data sources that the owner may use beside an
                environment.
        """
        spec, known = resolve_image(spec, environments)
        disks = role_disks(spec, known, self._settings.ephemeral_storage)
        sources = sources_of(known)
        spec, profile = resolve_sources(spec, sources)
        data = build_pod_data(sources, self._settings.hdfs)
        return JobRequest(
            id=new_job_id(spec.name),
            project=project.name,
            owner=owner,
            spec=spec,
            pool=project.pool,
            grants=grants(project, owner),
            data=data,
            disks=disks,
            variables={
                **data.variables,
                **profile,
                **job_variables(known),
            },
            keep=timedelta(days=self._settings.ttl_days_after_finished),
            sample_seconds=self._settings.progress.sample_seconds,
            image_pull_secrets=self._settings.image_pull_secrets,
        )

    def rebuild_request(self, job: ObservedJob) -> JobRequest:
        """Return a job that was accepted before, as it would be made now.

        Raises:
            ConflictError: Its project is not ready now.
        """
        project = self._catalog.find_project(job.project)
        if project is None or project.phase != "Ready":
            raise ConflictError(f"The project {job.project} is not ready.")
        environment = self._catalog.find_environment(job.spec.environment or "")
        known = [environment] if environment else []

        def sources_of(used: Environment | None) -> tuple[DataSource, ...]:
            # What the owner is now in the project, only their token would tell.
            return tuple(
                each
                for each in data_sources(project, used)
                if project.data_states.get(each.key) == ""
                and (each.s3 is None or each.s3.secret_name in job.data_secrets)
            )

        return self._build_request(
            job.owner, project, job.spec, known, sources_of=sources_of
        )

    def draft(
        self, caller: Caller, role: MemberRole, project: Project, spec: JobSpec
    ) -> JobRequest:
        """Return a refused job as it would be made, as far as it can be told.

        Args:
            caller: Who asks; what is visible depends on it.
            role: What the caller is in the project.
            project: Name of the project.
            spec: The specification, already validated.
        """
        environments = self._catalog.list_environments(project, caller.groups)
        return self._request_of(caller, role, project, spec, environments)

    async def _check_image(
        self,
        caller: Caller,
        project: Project,
        spec: JobSpec,
        environments: list[Environment],
    ) -> FieldErrors:
        own: set[str] = set()
        if spec.image and not is_of_environment(spec, environments):
            own = await self._servers.images_of_servers(
                project_namespace(project.name), caller.slug
            )
        return check_image(
            spec,
            environments,
            own_images=own,
            allow_any=self._settings.allow_any_image,
        )


def _summary(faults: FieldErrors) -> str:
    if len(faults) == 1:
        return next(iter(faults.values()))
    return f"{len(faults)} fields of the job must change: {', '.join(faults)}."
