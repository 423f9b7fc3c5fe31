"""Jobs as YAML: read from a file, written for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from mofang import yamlschema
from mofang.errors import ConfigurationError, InvalidError
from mofang.shorthand import refused
from mofang_api.models import JobSpec

MAX_BYTES = 1024 * 1024


def read_spec_file(path: Path) -> dict[str, Any]:
    """Return the fields of a job that a file holds, short forms as they are.

    A file may also be what ``mofang get --output yaml`` printed of a job.

    Raises:
        ConfigurationError: It cannot be read.
        InvalidError: It holds no fields of a job; says which it could not.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InvalidError(f"{path} is too large to be a job's settings.")
        found = yamlschema.load(content)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidError(f"{path} is not YAML: {error}") from error
    if isinstance(found, dict) and isinstance(found.get("spec"), dict):
        found = found["spec"]
    if not isinstance(found, dict):
        raise InvalidError(f"{path} holds no fields of a job, such as script: train.py")
    unknown = [str(name) for name in found if name not in JobSpec.model_fields]
    if unknown:
        known = ", ".join(JobSpec.model_fields)
        raise InvalidError(
            f"{path} has fields that no job has: {', '.join(unknown)[:200]}. There are "
            f"{known}."
        )
    _refuse_dates(found)
    return {name: value for name, value in found.items() if value is not None}


def to_yaml(value: BaseModel | dict[str, Any]) -> str:
    """Return YAML for people and programs, fields in their own order."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return yamlschema.dump(plain)


def _refuse_dates(value: Any, *, field: str = "") -> None:
    """Refuse what only looks like a text, under the name of its field.

    Raises:
        InvalidError: There is a date.
    """
    if isinstance(value, yamlschema.Date):
        raise refused(**{field: f'{value} is a date. Quote it: "{value}"'})
    if isinstance(value, dict):
        for name, each in value.items():
            _refuse_dates(each, field=f"{field}.{name}".lstrip("."))
    elif isinstance(value, (list, tuple, set)):
        for number, each in enumerate(value):
            _refuse_dates(each, field=f"{field}.{number}".lstrip("."))
