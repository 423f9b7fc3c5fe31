"""Frameworks: which roles a job has and how their processes find each other. Pure.

The wrapper ``mofang-run`` builds each framework's command from the variables set here
(``docs/contributors/interfaces.md`` lists them); nothing of the user's is ever read by
a shell.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

from mofang_api.models import FrameworkDeclaration, JobSpec, Role
from mofang_api.quantities import parse_quantity
from mofang_jobs.domain.models import JobRequest, RolePodSpec
from mofang_spawner.volumes.grants import HOME

WRAPPER = "/opt/mofang/bin/mofang-run"
"""By its path: the PATH of the container is the user's to change."""

HostOf = Callable[[str], str]
"""Role → name of its replicas' hosts with ``{index}`` in it; empty if there is none."""


def plan_roles(job: JobRequest, host_of: HostOf) -> tuple[RolePodSpec, ...]:
    """Return the roles of a job, each with its command and variables.

    Args:
        job: The job.
        host_of: How the engine names the hosts of a role's replicas.
    """
    declaration = job.spec.framework.declaration
    roles = job.spec.resolved_roles()
    shared = _shared(job, declaration, roles, host_of)
    return tuple(
        RolePodSpec(
            name=role.name,
            replicas=role.replicas,
            command=_command(job.spec),
            resources=role.resources,
            environment={
                **_threads(job.spec, role, declaration),
                **job.variables,
                **job.spec.env,
                **shared,
                "MOFANG_ROLE_REPLICAS": str(role.replicas),
                "MOFANG_PROCESSES_PER_REPLICA": str(processes(job.spec, role)),
            },
            port=declaration.port,
        )
        for role in roles
    )


def role_names(spec: JobSpec) -> tuple[tuple[str, int], ...]:
    """Return each role's name and number of replicas."""
    return tuple((role.name, role.replicas) for role in spec.resolved_roles())


def processes(spec: JobSpec, role: Role) -> int:
    """Return how many processes of the script a replica runs."""
    return spec.processes_per_replica or max(role.resources.gpu, 1)


def _command(spec: JobSpec) -> tuple[str, ...]:
    start = (WRAPPER, "--framework", spec.framework.value)
    flags = () if _is_notebook(spec) else (f"--{name}" for name in spec.flags)
    if spec.command:
        return (*start, "--command", "--", *spec.command, *spec.arguments, *flags)
    return (*start, "--", spec.script, *spec.arguments, *flags)


def _is_notebook(spec: JobSpec) -> bool:
    return spec.script.endswith(".ipynb")


def _parameters(spec: JobSpec) -> dict[str, object]:
    # A notebook has no command line; there a flag is what argparse makes of it.
    flags = dict.fromkeys(spec.flags, True) if _is_notebook(spec) else {}
    return {**spec.hyperparameters, **flags}


def _shared(
    job: JobRequest,
    declaration: FrameworkDeclaration,
    roles: tuple[Role, ...],
    host_of: HostOf,
) -> dict[str, str]:
    spec = job.spec
    names = [role.name for role in roles]
    leader = declaration.leader if declaration.leader in names else names[0]
    hosts = {name: host for name in names if (host := host_of(name))}
    found = {
        "MOFANG_ATTEMPT": str(job.attempt),
        "MOFANG_ROLES": _json({role.name: role.replicas for role in roles}),
        "MOFANG_HOST_TEMPLATES": _json(hosts),
        "MOFANG_HYPERPARAMETERS": _json(_parameters(spec)),
        "MOFANG_DATA_PATHS": _json(_data_paths(spec)),
        "MOFANG_FORWARDED_ENV": _json(
            sorted({*job.variables, *spec.env, *spec.secrets})
        ),
        "MOFANG_SAMPLE_SECONDS": f"{job.sample_seconds:g}",
        "MOFANG_HOLD_MINUTES": str(spec.hold_on_failure_minutes),
    }
    if declaration.port:
        found["MOFANG_LEADER_PORT"] = str(declaration.port)
    if leader in hosts:
        found["MOFANG_LEADER_HOST"] = hosts[leader].format(index=0)
    if spec.environment:
        found["MOFANG_ENVIRONMENT"] = spec.environment
    if spec.requirements:
        found["MOFANG_REQUIREMENTS"] = spec.requirements
    if spec.code:
        found["MOFANG_CODE_SNAPSHOT"] = spec.code.snapshot
        found["MOFANG_CODE_DIRECTORY"] = spec.code.directory
    if declaration.uses_mpirun or declaration.shares_secret:
        found["MOFANG_RENDEZVOUS_DIRECTORY"] = f"{HOME}/.mofang/run/{job.object_name}"
    return found


def _data_paths(spec: JobSpec) -> list[dict[str, object]]:
    inputs = [
        {"kind": "input", **place.model_dump(mode="json")} for place in spec.inputs
    ]
    outputs = [
        {"kind": "output", **place.model_dump(mode="json")} for place in spec.outputs
    ]
    return [*inputs, *outputs]


def _threads(
    spec: JobSpec, role: Role, declaration: FrameworkDeclaration
) -> Mapping[str, str]:
    # Libraries count the node's cores, not the container's, and would start a
    # thread for each; sixty threads on two cores take turns instead of computing.
    if not declaration.sets_threads:
        return {}
    cores = math.ceil(parse_quantity(role.resources.cpu))
    return {"OMP_NUM_THREADS": str(max(cores // processes(spec, role), 1))}


def _json(value: object) -> str:
    # As long as in the specification, whose length is bounded: an emoji has three times
    # its bytes when escaped, and Linux starts no program with a variable of 128 KiB.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
