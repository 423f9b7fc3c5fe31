"""Make a job's specification out of what people say, with the fitting defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mofang.errors import ConfigurationError, InvalidError
from mofang.options import PathText, RerunOptions, SubmitOptions
from mofang.path_context import PathContext
from mofang.settings import ClientSettings
from mofang.shorthand import normalize, refused
from mofang_api.frameworks import NOTEBOOK_FRAMEWORK
from mofang_api.models import MAX_NAME, Job, JobSpec

_RENAMED = {
    "hold_on_failure": "hold_on_failure_minutes",
    "processes": "processes_per_replica",
}
_RESOURCES = ("cpu", "memory", "gpu")
_BY_NAME = ("env", "hyperparameters", "secrets", "resources")
_DATA_PATHS = ("inputs", "outputs")


def build_spec(
    script: PathText | None,
    arguments: Sequence[str],
    options: SubmitOptions,
    settings: ClientSettings,
    directory: Path | None = None,
) -> JobSpec:
    """Return the specification of a job.

    Args:
        script: Path of the script, as seen from ``directory``; None for a command.
        arguments: What the script is called with.
        options: What was said beside them.
        settings: Where we are.
        directory: The current directory, if it is another.

    Raises:
        InvalidError: Something must change; says what, by field.
    """
    said: dict[str, Any] = {"arguments": [str(each) for each in arguments]}
    if script:
        said["script"] = os.fspath(script)
    return _resolve(
        normalize({**said, **_fields(options)}), options, settings, directory
    )


def change_spec(
    base: Mapping[str, Any],
    options: RerunOptions,
    settings: ClientSettings,
    directory: Path | None = None,
) -> JobSpec:
    """Return what a file says, or an earlier job did, with changes.

    Args:
        base: Fields of a ``JobSpec``, short forms allowed.
        options: What is different. Hyper-parameters, variables, secrets, inputs,
            outputs and roles replace those of the same name; None removes one. Flags
            are added; None as a hyper-parameter removes one of these too.
        settings: Where we are.
        directory: The current directory, if it is another.
    """
    changed = merge(normalize(base), normalize(_fields(options)))
    return _resolve(changed, options, settings, directory)


def rerun_spec(
    job: Job,
    options: RerunOptions,
    settings: ClientSettings,
    directory: Path | None = None,
) -> JobSpec:
    """Return an earlier job's specification with changes; see ``change_spec``.

    A job of an environment gets the image that the environment has now: the one of
    the earlier job may be gone. Only the notebook's own is known to be there.

    Args:
        job: The earlier job.
        options: Fields that change.
        settings: Address, token and project.
        directory: What relative paths are relative to; None for the working directory.
    """
    base = job.spec.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    is_own = settings.is_inside and base.get("image") == settings.image
    if "environment" in base and not is_own:
        base.pop("image", None)
    return change_spec({**base, "rerun_of": job.id}, options, settings, directory)


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of a job with those of another put over them."""
    merged = {**base, **changes}
    for field in _BY_NAME:
        if field in base and field in changes:
            merged[field] = _without_none({**base[field], **changes[field]})
    if "roles" in base and "roles" in changes:
        roles = dict(base["roles"])
        for name, role in changes["roles"].items():
            roles[name] = {**roles.get(name, {}), **role}
        merged["roles"] = roles
    for field in _DATA_PATHS:
        if field in base and field in changes:
            places = [*base[field], *changes[field]]
            merged[field] = list({place["name"]: place for place in places}.values())
    if "flags" in merged:
        _merge_flags(merged, base, changes)
    # A job runs a script or a command; the one that was said last.
    if changes.get("command"):
        merged.pop("script", None)
    elif changes.get("script"):
        merged.pop("command", None)
    return merged


def _fields(options: SubmitOptions) -> dict[str, Any]:
    """Return what was said under the names that a specification has."""
    said = {name: value for name, value in options.items() if value is not None}
    said.pop("snapshot", None)
    fields = {_RENAMED.get(name, name): value for name, value in said.items()}
    resources = {name: fields.pop(name) for name in _RESOURCES if name in fields}
    return {**fields, "resources": resources} if resources else fields


def _resolve(
    wanted: dict[str, Any],
    options: SubmitOptions,
    settings: ClientSettings,
    directory: Path | None,
) -> JobSpec:
    _choose_image(wanted, options, settings)
    wanted["name"] = wanted.get("name") or _name(wanted)
    if _is_lone_notebook(wanted):
        wanted["framework"] = NOTEBOOK_FRAMEWORK
    context = PathContext(settings, directory or _here(), Path.home())
    snapshot = options.get("snapshot")
    if snapshot is None or snapshot is False:
        return _validated(context.resolve(wanted, snapshot))
    # Judged first without its code: copying takes time.
    _validated(context.resolve(wanted, snapshot=False))
    return _validated(context.resolve(wanted, snapshot))


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise refused(
            working_directory="The directory you are in was removed. Change to another "
            "one, then submit again."
        ) from None


def _choose_image(
    wanted: dict[str, Any], options: SubmitOptions, settings: ClientSettings
) -> None:
    """Settle what replicas run: an environment, an image, or the notebook's own.

    What is said now goes before what a file or an earlier job says of either.

    Raises:
        ConfigurationError: Nobody says it.
    """
    if options.get("environment") and not options.get("image"):
        wanted.pop("image", None)
    elif options.get("image") and not options.get("environment"):
        wanted.pop("environment", None)
    if not wanted.get("image") and not wanted.get("environment"):
        if not settings.image:
            raise ConfigurationError(
                "Which environment is the job to run in? Name one that `mofang "
                "environments` lists, with --environment or environment=…, such "
                "as pytorch. MOFANG_IMAGE names an image for all jobs."
            )
        wanted["image"] = settings.image
    if wanted.get("image") and wanted["image"] == settings.image:
        name = wanted.get("environment") or settings.environment
        wanted["environment"] = name


def _validated(fields: Mapping[str, Any]) -> JobSpec:
    try:
        return JobSpec.model_validate(fields)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error


def _name(wanted: Mapping[str, Any]) -> str:
    command = wanted.get("command") or ["job"]
    return Path(str(wanted.get("script") or command[0])).stem[:MAX_NAME] or "job"


def _is_lone_notebook(wanted: Mapping[str, Any]) -> bool:
    is_notebook = str(wanted.get("script") or "").endswith(".ipynb")
    return (
        is_notebook
        and "framework" not in wanted
        and wanted.get("replicas", 1) == 1
        and not wanted.get("roles")
    )


def _merge_flags(
    merged: dict[str, Any], base: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    """Let each name be a flag or a hyper-parameter, whichever was said last."""
    added = changes.get("flags", ())
    said = {*added, *changes.get("hyperparameters", ())}
    merged["flags"] = [*(n for n in base.get("flags", ()) if n not in said), *added]
    if "hyperparameters" in merged:
        values = merged["hyperparameters"].items()
        merged["hyperparameters"] = {
            n: v for n, v in values if v is not None and n not in added
        }


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
