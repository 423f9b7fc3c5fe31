"""Which jobs may be made: their paths, images, quota, and the request that results."""

from __future__ import annotations

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
        environments = self._catalog.list_environments(
            project, caller.groups, caller.name
        )
        resolved, environment = resolve_image(spec, environments)
        sources = usable_sources(project, environment, caller.name, role)
        request = self._build_request(
            caller.name, project, resolved, environment, sources
        )
        declared = data_sources(project, environment)
        faults = check_sources(request.spec, project, declared, sources)
        faults |= check_paths(spec, project.name)
        faults |= check_privileges(spec, project, caller.name, role)
        faults |= await self._check_image(caller, project, spec, environments)
        if faults:
            raise InvalidError(_summary(faults), fields=faults)
        over = check_quota(spec, project, request.disks)
        if over:
            raise QuotaError(" ".join(over.values()), fields=over)
        return request

    def _build_request(
        self,
        owner: str,
        project: Project,
        spec: JobSpec,
        environment: Environment | None,
        sources: tuple[DataSource, ...],
    ) -> JobRequest:
        """Return a job as it would be made if nothing were wrong with it.

        Args:
            owner: Who submitted the job.
            project: The project, with its pool.
            spec: The specification, already validated, with its image.
            environment: The one that the image is of; None for none.
            sources: Data sources that the owner may use beside it.
        """
        packages = environment.packages if environment else None
        disks = role_disks(spec, environment, self._settings.ephemeral_storage)
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
            packages=packages,
            variables={
                **data.variables,
                **profile,
                **job_variables(environment),
                **(packages.variables if packages else {}),
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
        named = self._catalog.find_environment(job.spec.environment or "")
        spec, environment = resolve_image(job.spec, [named] if named else [])
        # What the owner is now in the project, only their token would tell.
        sources = tuple(
            each
            for each in data_sources(project, environment)
            if project.data_states.get(each.key) == ""
            and (each.s3 is None or each.s3.secret_name in job.data_secrets)
        )
        return self._build_request(job.owner, project, spec, environment, sources)

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
        environments = self._catalog.list_environments(
            project, caller.groups, caller.name
        )
        resolved, environment = resolve_image(spec, environments)
        sources = usable_sources(project, environment, caller.name, role)
        return self._build_request(caller.name, project, resolved, environment, sources)

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
