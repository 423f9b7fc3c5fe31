"""Environments for jobs, and the one in which a job is debugged."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from mofang_api.models import DebugServer, EnvironmentList
from mofang_hub.settings import JobSettings
from mofang_jobs.domain.environments import show_environment
from mofang_jobs.domain.models import Caller, ObservedJob
from mofang_kube.errors import InvalidError
from mofang_kube.names import debug_server_name
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Environment, Project


class EnvironmentService:
    """Shows environments to those who may use them in jobs.

    Args:
        catalog: Environments, followed.
        settings: What the platform allows.
    """

    def __init__(self, catalog: Catalog, settings: JobSettings) -> None:
        self._catalog = catalog
        self._settings = settings

    def list_environments(self, caller: Caller, project: Project) -> EnvironmentList:
        """Return what the caller's jobs in a project may run."""
        environments = self._catalog.list_environments(
            project, caller.groups, caller.name
        )
        return EnvironmentList(
            environments=[show_environment(each) for each in environments],
            allow_any_image=self._settings.allow_any_image,
        )

    def find_debug_server(
        self, caller: Caller, project: Project, job: ObservedJob
    ) -> DebugServer:
        """Return the server in whose environment a job can be looked into.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job: The failed job.

        Raises:
            InvalidError: No environment that the caller may use fits.
        """
        environments = self._catalog.list_environments(
            project, caller.groups, caller.name
        )
        by_image = [each for each in environments if each.image == job.spec.image]
        by_name = [each for each in environments if each.name == job.spec.environment]
        # A saved one has the image of its base, and packages of its own.
        exactly = [each for each in by_name if each in by_image]
        matching = next(iter(exactly + by_image + by_name), None)
        if matching is None:
            raise InvalidError(
                "No environment that you may use has the image of this job, so there "
                "is no JupyterLab for it. Open a shell in a running replica, or hold "
                "failed replicas for debugging."
            )
        return _debug_server(caller.name, project.name, matching, job)


def _debug_server(
    user: str, project: str, environment: Environment, job: ObservedJob
) -> DebugServer:
    server = debug_server_name(project, job.id)
    query = urlencode(
        {"project": project, "environment": environment.name, "job": job.id}
    )
    notes = []
    if environment.image != job.spec.image:
        notes.append(
            f"The environment {environment.display_name} has a newer image than the "
            "job had."
        )
    if job.owner != user:
        # What a colleague wrote must not run with the rights of who looks into it.
        notes.append(
            f"The job is {job.owner}'s: its variables and its command are left out."
        )
    return DebugServer(
        server=server,
        path=f"spawn/{quote(user, safe='')}/{server}?{query}",
        note=" ".join(notes) or None,
    )
