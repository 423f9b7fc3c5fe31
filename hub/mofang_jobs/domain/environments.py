"""What a job has of an environment: the image above all. Pure.

A job names the environment, or an image; that image may be one that no environment has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mofang_api.models import Environment as EnvironmentShown
from mofang_api.models import JobSpec
from mofang_api.validation import RESERVED_PREFIXES
from mofang_jobs.domain.validation import FieldErrors
from mofang_kube.ephemeral_storage import ContainerDisk, EphemeralStorage
from mofang_spawner.environments.models import Environment


def resolve_image(
    spec: JobSpec, environments: Iterable[Environment]
) -> tuple[JobSpec, Environment | None]:
    """Return the job with its image and the name of its environment.

    Also the environment that the image is of; None if it is of none of these, and the
    job stays as it is then.
    """
    found = next(iter(_matching(spec, environments)), None)
    if found is None:
        return spec, None
    # Later attempts are to have the same image and packages, and know the job alone.
    settled = {
        "image": spec.image or found.image,
        "environment": spec.environment or found.name,
    }
    return spec.model_copy(update=settled), found


def role_disks(
    spec: JobSpec, environment: Environment | None, storage: EphemeralStorage
) -> dict[str, ContainerDisk]:
    """Return what a replica of each role gets of its node's disk.

    Args:
        spec: The job.
        environment: The one that its image is of; None for none.
        storage: What the platform allows.
    """
    own = environment.resources.cache_default if environment else None
    packages = environment.packages if environment else None
    return {
        role.name: storage.disk(
            storage.cache_size(
                cpu=role.resources.cpu,
                memory=role.resources.memory,
                gpu=role.resources.gpu,
                own=own,
            ),
            packages.disk_bytes if packages else 0,
        )
        for role in spec.resolved_roles()
    }


def job_variables(environment: Environment | None) -> dict[str, str]:
    """Return the environment's variables that do not pose as the platform's."""
    return {
        name: value
        for name, value in (environment.env if environment else {}).items()
        if not name.startswith(RESERVED_PREFIXES)
    }


def is_of_environment(spec: JobSpec, environments: Iterable[Environment]) -> bool:
    """Say whether a job's image is what the environment it names has now.

    Where it names none, any environment will do.
    """
    name = spec.environment
    return any(name in {None, each.name} for each in _matching(spec, environments))


def _matching(spec: JobSpec, environments: Iterable[Environment]) -> list[Environment]:
    """Return the environments that the job may mean, the one it names first."""
    name = spec.environment
    if not spec.image:
        return [each for each in environments if each.name == name]
    found = [each for each in environments if each.image == spec.image]
    # Whoever names an image alone wants no packages of somebody's.
    return sorted(found, key=lambda each: (each.name != name, bool(each.saved)))


def check_image(
    spec: JobSpec,
    environments: Sequence[Environment],
    *,
    own_images: Iterable[str],
    allow_any: bool,
) -> FieldErrors:
    """Check that the image is one the caller may run, and that it fits the job.

    Args:
        spec: The job, as it was asked for.
        environments: Those that the caller may use in the project.
        own_images: What the caller's running servers are made of; after a new
            release of the platform no environment names those any more.
        allow_any: Whether the platform lets people name any image.
    """
    is_own = bool(spec.image) and spec.image in set(own_images)
    if spec.environment is not None and not is_own:
        faults = _check_named(spec, environments)
        if faults:
            return faults
    matching = _matching(spec, environments)
    if not matching:
        return {} if allow_any or is_own else {"image": _nobodys(environments)}
    field = "image" if spec.image else "environment"
    framework = spec.framework.value
    if not any(framework in each.frameworks for each in matching):
        return {field: _cannot_run(matching[0], framework, environments)}
    reasons = [each.unavailable for each in matching if each.unavailable]
    if len(reasons) < len(matching):
        return {}
    return {field: reasons[0].job_refusal(matching[0].display_name)}


def _check_named(spec: JobSpec, environments: Sequence[Environment]) -> FieldErrors:
    """Check that the environment is there, and that the image is no other than its."""
    name = spec.environment
    named = next((each for each in environments if each.name == name), None)
    if named is None:
        return {"environment": _unknown(spec, environments)}
    if spec.image in {"", named.image}:
        return {}
    return {
        "image": (
            f"The environment {name} does not have this image now; it has "
            f"{named.image}. Leave the image out to run that, or leave out the "
            "environment's name."
        )
    }


def _unknown(spec: JobSpec, environments: Sequence[Environment]) -> str:
    framework = spec.framework.value
    start = (
        f"There is no environment {spec.environment} that you may use in this project."
    )
    matching = _names(each for each in environments if framework in each.frameworks)
    others = _names(each for each in environments if framework not in each.frameworks)
    if not matching:
        return f"{start} There are {others}." if others else f"{start} There is none."
    rest = f" Others are {others}." if others else ""
    return f"{start} For {framework} jobs, choose one of: {matching}.{rest}"


def _cannot_run(
    environment: Environment, framework: str, environments: Sequence[Environment]
) -> str:
    start = f"Environment {environment.name} does not list {framework}"
    matching = [each for each in environments if framework in each.frameworks]
    if not matching:
        return (
            f"{start}, nor does any other that you may use. Ask an administrator for "
            "one that does."
        )
    available = [each for each in matching if each.unavailable is None]
    return f"{start}. Choose one of: {_names(available or matching)}."


def _nobodys(environments: Sequence[Environment]) -> str:
    start = "This image belongs to no environment that you may use."
    if not environments:
        return f"{start} Ask an administrator to add one for it."
    return (
        f"{start} Choose an environment by its name ({_names(environments)}), or ask "
        "an administrator to add one for this image."
    )


def _names(environments: Iterable[Environment]) -> str:
    return ", ".join(each.name for each in environments)


def show_environment(environment: Environment) -> EnvironmentShown:
    """Return an environment as callers see it."""
    reason = environment.unavailable
    resources = environment.resources.model_dump(include={"cpu", "memory", "gpu"})
    return EnvironmentShown.model_validate(
        {
            **environment.model_dump(
                include={"name", "display_name", "description", "frameworks", "image"}
            ),
            "resources": resources,
            "unavailable_reason": reason.message if reason else None,
        }
    )
