"""Make a job's specification out of what people write, with the fitting defaults."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from pydantic import ValidationError

from mofang.errors import ConfigurationError, InvalidError
from mofang.models import MAX_NAME, JobSpec
from mofang.settings import ClientSettings

HOME = "/home/jovyan"
"""The home directory in every container."""


class SubmitOptions(TypedDict, total=False):
    """What a submission may say beside the script; all of it has defaults."""

    name: str | None
    """What people call the job; the script's name if not given."""

    replicas: int
    cpu: str | float
    """Cores of each replica: ``2``, ``"500m"``."""

    memory: str
    """Memory of each replica: ``"2Gi"``."""

    gpu: int
    environment: dict[str, str]
    """Variables for the script; never a place for secrets."""

    image: str | None
    """Image of the replicas; that of this notebook if not given."""

    working_directory: str | os.PathLike[str] | None
    """Where the script starts; the current directory if not given."""

    framework: str


def build_spec(
    script: str | os.PathLike[str],
    arguments: Sequence[str],
    options: SubmitOptions,
    settings: ClientSettings,
    directory: Path | None = None,
) -> JobSpec:
    """Return the specification of a job.

    Args:
        script: Path of the script, as seen from ``directory``.
        arguments: What the script is called with.
        options: What was said beside them.
        settings: Where we are.
        directory: The current directory, if it is another.

    Raises:
        InvalidError: Something must change; says what, by field.
    """
    image = options.get("image") or settings.image
    if not image:
        raise ConfigurationError(
            "Which image is the job to run? Set MOFANG_IMAGE or pass image=…, such as "
            "docker.io/mofang/pytorch:1."
        )
    workplace = options.get("working_directory")
    if settings.is_inside:
        here = directory or Path.cwd()
        workplace = Path(os.path.normpath(here / (workplace or "")))
        script = _find_script(script, workplace, here)
        _check_shared({"script": script, "working_directory": workplace}, settings)
    elif workplace is None:
        workplace = HOME
    wanted: dict[str, object] = {
        "name": options.get("name") or Path(script).stem[:MAX_NAME] or "job",
        "image": image,
        "script": str(script),
        "arguments": [str(argument) for argument in arguments],
        "working_directory": str(workplace),
        "replicas": options.get("replicas", 1),
        "resources": {k: options[k] for k in ("cpu", "memory", "gpu") if k in options},
        "environment": options.get("environment", {}),
    }
    if "framework" in options:
        wanted["framework"] = options["framework"]
    if image == settings.image:
        wanted["environment_name"] = settings.environment_name
    try:
        return JobSpec.model_validate(wanted)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error


def _find_script(script: str | os.PathLike[str], workplace: Path, here: Path) -> Path:
    # As the shell does, a script is looked for where we are; as the job does, where
    # it will work. Usually that is one place.
    for place in (here, workplace):
        if (place / script).is_file():
            return Path(os.path.normpath(place / script))
    raise _refused(
        "script", f"There is no file {script} in {here}. Save it, or correct the path."
    )


def _check_shared(paths: dict[str, Path], settings: ClientSettings) -> None:
    """Refuse at once what the job would fail on a minute later."""
    for field, path in paths.items():
        if not any(path.is_relative_to(at) for at in settings.shared_directories):
            raise _refused(
                field,
                f"{path} is seen by this notebook only. Use a place in your home or in "
                "the project's directory under /projects.",
            )


def _refused(field: str, sentence: str) -> InvalidError:
    return InvalidError(
        "The job was not submitted, because something in it must change.",
        code="invalid",
        fields={field: sentence},
    )
