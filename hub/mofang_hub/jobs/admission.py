"""Who may do what in a project, and which jobs are let in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol
from urllib.parse import quote, urlencode

from mofang.models import DebugServer, EnvironmentList, JobSpec
from mofang_hub.config.settings import JobSettings
from mofang_hub.jobs.access import Action, check_access
from mofang_hub.jobs.checks import Sentences, check_paths, check_quota
from mofang_hub.jobs.environments import (
    cache_size,
    check_image,
    is_of_environment,
    job_variables,
    resolve_image,
    show_environment,
)
from mofang_hub.jobs.ids import new_job_id
from mofang_hub.jobs.models import Caller, JobSeen, MemberRole, NewJob
from mofang_kube.errors import ConflictError, InvalidError, QuotaError
from mofang_kube.names import debug_server_name, project_namespace
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import project_role
from mofang_spawner.volumes.policy import grants


class ProjectCatalog(Protocol):
    """Projects and environments as they are now."""

    async def ready(self) -> None:
        """Return once they are known."""

    def find_project(self, name: str) -> Project | None:
        """Return a project, if it is there."""

    def find_environment(self, name: str) -> Environment | None:
        """Return an environment, if it is there."""

    def list_environments(
        self, project: Project, groups: frozenset[str]
    ) -> list[Environment]:
        """Return what a member of the project may start."""


class ServerImages(Protocol):
    """Where the images of running servers are looked up."""

    async def images_of_servers(self, namespace: str, owner: str) -> set[str]:
        """Return the images of a user's running servers in a namespace."""


class Admission:
    """Applies the rules of access and of jobs to what the cluster holds.

    Args:
        catalog: Projects and environments.
        servers: Images of running servers.
        settings: What the platform allows.
    """

    def __init__(
        self, catalog: ProjectCatalog, servers: ServerImages, settings: JobSettings
    ) -> None:
        self._catalog = catalog
        self._servers = servers
        self._settings = settings

    async def ready(self) -> None:
        """Return once projects and environments are known.

        Raises:
            ClusterAwayError: Kubernetes did not answer in time.
        """
        await self._catalog.ready()

    async def check_project(
        self, action: Action, caller: Caller, name: str
    ) -> tuple[Project, MemberRole]:
        """Return a project in which the caller may do the action, and as what.

        Raises:
            NotFoundError: There is no such project for the caller.
            ForbiddenError: The caller may not do it there.
        """
        await self._catalog.ready()
        project = self._catalog.find_project(name)
        role = None
        if project is not None:
            strongest = project_role(project, caller.name, caller.groups)
            role = MemberRole(strongest) if strongest else None
        check_access(action, caller, project=name[:80], role=role)
        if project is None or role is None:
            raise AssertionError(name)
        return project, role

    async def admit(self, caller: Caller, project: Project, spec: JobSpec) -> NewJob:
        """Return the job that is to be made.

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
        faults = check_paths(spec, project.name)
        faults |= await self._check_image(caller, project, spec, environments)
        if faults:
            raise InvalidError(_summary(faults), fields=faults)
        over = check_quota(spec, project)
        if over:
            raise QuotaError(" ".join(over.values()), fields=over)
        return self.accepted(caller.name, project, spec, environments)

    def accepted(
        self,
        owner: str,
        project: Project,
        spec: JobSpec,
        environments: Iterable[Environment] = (),
    ) -> NewJob:
        """Return a job as it would be made if nothing were wrong with it."""
        spec, known = resolve_image(spec, environments)
        return NewJob(
            id=new_job_id(spec.name),
            project=project.name,
            owner=owner,
            spec=spec,
            pool=project.pool,
            grants=grants(project, owner),
            cache_size=cache_size(known),
            variables=job_variables(known),
            keep=timedelta(days=self._settings.keep_days),
            sample_seconds=self._settings.progress.sample_seconds,
            image_pull_secrets=self._settings.image_pull_secrets,
        )

    def readmit(self, seen: JobSeen) -> NewJob:
        """Return a job that was let in before, as it would be made now.

        Raises:
            ConflictError: Its project is not ready now.
        """
        project = self._catalog.find_project(seen.project)
        if project is None or project.phase != "Ready":
            raise ConflictError(f"The project {seen.project} is not ready.")
        environment = self._catalog.find_environment(seen.spec.environment_name or "")
        known = [environment] if environment else []
        return self.accepted(seen.owner, project, seen.spec, known)

    def draft(self, caller: Caller, project: Project, spec: JobSpec) -> NewJob:
        """Return a refused job as it would be made, as far as it can be told."""
        environments = self._catalog.list_environments(project, caller.groups)
        return self.accepted(caller.name, project, spec, environments)

    def list_environments(self, caller: Caller, project: Project) -> EnvironmentList:
        """Return what the caller's jobs in a project may run."""
        environments = self._catalog.list_environments(project, caller.groups)
        return EnvironmentList(
            environments=[show_environment(each) for each in environments],
            allow_any_image=self._settings.allow_any_image,
        )

    def find_debug_server(
        self, caller: Caller, project: Project, seen: JobSeen
    ) -> DebugServer:
        """Return the server in whose environment a job can be looked into.

        Raises:
            InvalidError: No environment that the caller may use fits.
        """
        environments = self._catalog.list_environments(project, caller.groups)
        by_image = [each for each in environments if each.image == seen.spec.image]
        by_name = [
            each for each in environments if each.name == seen.spec.environment_name
        ]
        fitting = next(iter(by_image + by_name), None)
        if fitting is None:
            raise InvalidError(
                "No environment that you may use has the image of this job, so there "
                "is no JupyterLab for it. Open a shell in a running replica, or keep "
                "failed replicas for a look."
            )
        return _debug_server(caller.name, project.name, fitting, seen)

    def pool_of(self, project: str) -> str:
        """Return the name of a project's pool; empty for none."""
        found = self._catalog.find_project(project)
        return found.pool if found else ""

    async def _check_image(
        self,
        caller: Caller,
        project: Project,
        spec: JobSpec,
        environments: list[Environment],
    ) -> Sentences:
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


def _debug_server(
    user: str, project: str, environment: Environment, seen: JobSeen
) -> DebugServer:
    server = debug_server_name(project, seen.id)
    query = urlencode(
        {"project": project, "environment": environment.name, "job": seen.id}
    )
    notes = []
    if environment.image != seen.spec.image:
        notes.append(
            f"The environment {environment.display_name} has a newer image than the "
            "job had."
        )
    if seen.owner != user:
        # What a colleague wrote must not run with the rights of who looks into it.
        notes.append(
            f"The job is {seen.owner}'s: its variables and its command are left out."
        )
    return DebugServer(
        server=server,
        path=f"spawn/{quote(user, safe='')}/{server}?{query}",
        note=" ".join(notes) or None,
    )


def _summary(faults: Sentences) -> str:
    if len(faults) == 1:
        return next(iter(faults.values()))
    return f"{len(faults)} fields of the job must change: {', '.join(faults)}."
