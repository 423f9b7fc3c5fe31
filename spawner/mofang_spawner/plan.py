"""The plan of a start: everything about a server that is decided before its pod.

Pure. ``resolve`` is the one place where a user's options meet the rules.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.errors import InvalidError
from mofang_kube.names import debug_server_name, server_name
from mofang_spawner.data_sources.hadoop import HdfsSettings
from mofang_spawner.data_sources.pod_data import PodData, build_pod_data
from mofang_spawner.environments.catalog import Catalog
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import (
    project_role,
    usable_sources,
    validate_environment,
    validate_project,
)
from mofang_spawner.environments.sizing import Sizes, resolve_sizes
from mofang_spawner.options import ServerOptions
from mofang_spawner.volumes.grants import VolumeGrant, grants

_DEFAULT_STORAGE = EphemeralStorage()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpawnPlan:
    """The resolved options of one start."""

    username: str
    project: Project
    environment: Environment
    sizes: Sizes
    grants: tuple[VolumeGrant, ...]
    data: PodData = field(default_factory=PodData)
    job: str | None = None
    """Id of the training job that the server looks into, if it does."""
    safe_mode: bool = False
    """Whether the user's own configuration and packages are left out."""
    last_failure: str = ""
    """Why the start before this one failed, for one in safe mode."""


def resolve(
    options: ServerOptions,
    catalog: Catalog,
    *,
    username: str,
    groups: AbstractSet[str],
    server: str,
    last_failure: str = "",
    storage: EphemeralStorage = _DEFAULT_STORAGE,
    hdfs: HdfsSettings | None = None,
) -> SpawnPlan:
    """Check options against catalogue, membership and bounds.

    Args:
        options: What the form or the API asked for.
        catalog: Environments and projects as they are now.
        username: Name in the hub.
        groups: The user's groups in the hub.
        server: Name of the server; empty for the default one.
        last_failure: Cause of the failed start before, shown in safe mode.
        storage: The sizes of ``/cache``.
        hdfs: Settings of HDFS' clients; None for none.

    Raises:
        RefusedError: Says what was wrong and what to do.
    """
    project = validate_project(
        catalog.find_project(options.project), options.project, username, groups
    )
    environment = validate_environment(
        catalog.find_environment(options.environment),
        options.environment,
        project,
        groups,
        username,
    )
    wanted, what = (
        (debug_server_name(project.name, options.job), f"The job {options.job}")
        if options.job
        else (
            server_name(project.name, environment.name),
            f"The environment {environment.name}",
        )
    )
    if server != wanted:
        raise InvalidError(
            f"{what} in the project {project.name} is "
            f"served as {wanted}, not as {server or 'the default server'}: "
            f"start the server {wanted}.",
            fields={"server": f"must be {wanted}"},
        )
    return SpawnPlan(
        username=username,
        project=project,
        environment=environment,
        sizes=resolve_sizes(environment.resources, options, storage),
        grants=grants(project, username),
        data=build_pod_data(
            usable_sources(
                project,
                environment,
                username,
                project_role(project, username, groups),
            ),
            hdfs,
        ),
        job=options.job,
        safe_mode=options.safe_mode,
        last_failure=last_failure,
    )
