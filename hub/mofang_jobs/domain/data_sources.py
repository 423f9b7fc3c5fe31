"""Inputs and outputs of a job that lie in a data source. Pure.

``source://imagenet/train`` is the directory ``/data/imagenet/train``, or what the
source's bucket has below ``train``. A job is kept with what that is, so that its
script, later attempts and whoever looks at it see the same.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import TypeVar

from mofang_api.models import Input, JobSpec, Output
from mofang_api.models.delivery import S3_SCHEME, SOURCE_SCHEME
from mofang_jobs.domain.validation import FieldErrors, lies_in_source
from mofang_spawner.data_sources.models import ROOT, DataSource
from mofang_spawner.environments.models import Project

PROFILE_VARIABLE = "AWS_PROFILE"

_DataPath = TypeVar("_DataPath", Input, Output)


def resolve_sources(
    spec: JobSpec, sources: Sequence[DataSource]
) -> tuple[JobSpec, dict[str, str]]:
    """Return the job with the paths and URLs of the sources that it names.

    Also the variable with the profile of the S3 source that it names; none where there
    are several, with keys of their own.

    What names no source, or leads out of one, stays as it is, for ``check_sources`` to
    refuse.

    Args:
        spec: The job.
        sources: Those that its owner may use.
    """
    by_name = {each.name: each for each in sources}

    def resolved(paths: Sequence[_DataPath]) -> list[_DataPath]:
        return [
            each.model_copy(update={"path": _resolve(each.path, by_name)})
            for each in paths
        ]

    found = {"inputs": resolved(spec.inputs), "outputs": resolved(spec.outputs)}
    resolved_spec = spec.model_copy(update=found)
    profiles = {
        source.name
        for each in resolved_spec.data_paths()
        if (source := _find(each.path, sources)) and source.s3
    }
    variables = {PROFILE_VARIABLE: profiles.pop()} if len(profiles) == 1 else {}
    return resolved_spec, variables


def check_sources(
    spec: JobSpec,
    project: Project,
    declared: Iterable[DataSource],
    usable: Iterable[DataSource],
) -> FieldErrors:
    """Check the inputs and outputs that lie in data sources.

    Args:
        spec: The job, with sources resolved as far as they are usable.
        project: Its project.
        declared: All sources of project and environment.
        usable: Those that the owner may use now.
    """
    usable, all_names = list(usable), {each.name: each for each in declared}
    faults: FieldErrors = {}
    for number, each in enumerate(spec.inputs):
        if fault := _fault(each.path, project, all_names, usable):
            faults[f"inputs.{number}.path"] = fault
    for number, output in enumerate(spec.outputs):
        fault = _fault(output.path, project, all_names, usable)
        fault = fault or _output_fault(output, usable)
        if fault:
            faults[f"outputs.{number}.path"] = fault
    return faults


def _resolve(path: str, sources: dict[str, DataSource]) -> str:
    if not path.startswith(SOURCE_SCHEME):
        return path
    name, _, rest = path.removeprefix(SOURCE_SCHEME).partition("/")
    source = sources.get(name)
    if source is None or ".." in rest.split("/"):
        return path
    return f"{source.location}/{rest}" if rest else source.location


def _find(path: str, sources: Iterable[DataSource]) -> DataSource | None:
    """Return the source that holds a path or URL; of several the innermost."""
    plain = path if path.startswith(S3_SCHEME) else posixpath.normpath(path)
    found = [
        each
        for each in sources
        if plain == each.location or plain.startswith(f"{each.location}/")
    ]
    return max(found, key=lambda each: len(each.location), default=None)


def _fault(
    path: str,
    project: Project,
    declared: dict[str, DataSource],
    usable: list[DataSource],
) -> str:
    """Say why a place cannot be used; empty for one that can, or is in no source."""
    if not lies_in_source(path):
        return ""
    if ".." in path.split("/"):
        return "A path in a data source has no .. in it. Write the one that you mean."
    if _find(path, usable):
        return ""
    if path.startswith(S3_SCHEME):
        return (
            f"No data source of {project.display_name} that you may use holds {path}. "
            f"{_listed(usable)}"
        )
    name = path.removeprefix(SOURCE_SCHEME).removeprefix(f"{ROOT}/").split("/")[0]
    return _source_fault(name, declared.get(name), project, usable)


def _source_fault(
    name: str, source: DataSource | None, project: Project, usable: list[DataSource]
) -> str:
    if source is None:
        return (
            f"There is no data source {name} in {project.display_name}. "
            f"{_listed(usable)}"
        )
    if source in usable:
        # Under /data is nothing of a bucket.
        return f"{name} is a bucket and no directory. Write {SOURCE_SCHEME}{name}."
    why = project.data_states.get(source.key)
    if why is None:
        return f"The data source {name} is being prepared. Try again in a minute."
    if why:
        return f"The data source {name} cannot be used. {why}"
    return (
        f"The data source {name} is read with a Secret that you may not use. Ask an "
        "administrator to open it to you."
    )


def _output_fault(output: Output, usable: list[DataSource]) -> str:
    source = _find(output.path, usable) if lies_in_source(output.path) else None
    if source is None:
        return ""
    if source.read_only:
        return (
            f"The data source {source.name} is read-only. Choose another place, or ask "
            "an administrator to open it for writing."
        )
    if source.s3 and output.staged:
        return (
            "Staged outputs are copied to directories, and this is a bucket. Leave "
            "staged out, and let the script write to the URL that it gets."
        )
    return ""


def _listed(usable: Iterable[DataSource]) -> str:
    names = ", ".join(f"{SOURCE_SCHEME}{each.name}" for each in usable)
    return f"There are: {names}." if names else "There are none that you may use."
