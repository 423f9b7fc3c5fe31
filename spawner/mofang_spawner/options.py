"""What a user may ask for when starting a server: a closed set of fields.

The form and the REST API come through the same door, so that neither is a way
around a check of the other.
"""

import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mofang_kube.errors import InvalidError
from mofang_kube.names import is_job_id, is_name

_MAX_LENGTH = 40
# Bounded: Python refuses to read numbers of thousands of digits.
_COUNT = re.compile(r"[0-9]{1,9}")
_BOOLEANS = {"true": True, "false": False}
_EXPECTED = {
    "gpu": "write a whole number, such as 1",
    "safe_mode": "write true or false",
}

LABELS = {"cpu": "CPU", "memory": "Memory", "gpu": "GPUs"}
"""What the gallery calls its fields."""


class ServerOptions(BaseModel):
    """A choice in the gallery. None of a size means: the environment's default."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    project: str = Field(max_length=_MAX_LENGTH)
    environment: str = Field(max_length=_MAX_LENGTH)
    cpu: str | None = Field(default=None, max_length=_MAX_LENGTH)
    memory: str | None = Field(default=None, max_length=_MAX_LENGTH)
    gpu: int | None = None
    job: str | None = Field(default=None, max_length=_MAX_LENGTH)
    """Id of a training job to look into: the server gets its settings."""
    safe_mode: bool = False
    """Whether the user's own configuration and packages are left out of this start."""

    def as_given(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JupyterHub keeps it."""
        return self.model_dump(exclude_defaults=True)

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> Self:
        """Check options as the form or REST gave them.

        Raises:
            InvalidError: Names each wrong field and what to do about it.
        """
        given = {
            key: value for key, value in options.items() if value not in (None, "")
        }
        gpu = given.get("gpu")
        if isinstance(gpu, str) and _COUNT.fullmatch(gpu):
            given["gpu"] = int(gpu)
        safe_mode = given.get("safe_mode")
        if isinstance(safe_mode, str):
            given["safe_mode"] = _BOOLEANS.get(safe_mode, safe_mode)
        for size in ("cpu", "memory"):
            if isinstance(given.get(size), int | float):
                given[size] = str(given[size])
        try:
            parsed = cls.model_validate(given)
        except ValidationError as err:
            raise _refusal(err) from err
        for field in ("project", "environment"):
            if not is_name(getattr(parsed, field)):
                raise InvalidError(
                    f"The {field} is not a name: use small letters, digits and "
                    f"dashes, as the gallery shows it.",
                    fields={field: "not a name"},
                )
        if parsed.job is not None and not is_job_id(parsed.job):
            raise InvalidError(
                "The job is not a job's id: take it from the list of jobs, such as "
                "train-x1y2z3.",
                fields={"job": "not a job's id"},
            )
        return parsed

    @classmethod
    def parse_form(cls, form: Mapping[str, list[str]]) -> Self:
        """Check a submitted form: each field once.

        Raises:
            InvalidError: As ``parse``; also for a field given twice.
        """
        twice = sorted(name for name, values in form.items() if len(values) > 1)
        if twice:
            raise InvalidError(
                f"{', '.join(twice)} was given more than once.",
                fields=dict.fromkeys(twice, "given more than once"),
            )
        return cls.parse({name: values[0] for name, values in form.items() if values})


def _refusal(err: ValidationError) -> InvalidError:
    fields = {}
    for fault in err.errors():
        name = str(fault["loc"][0])[:_MAX_LENGTH] if fault["loc"] else "options"
        match fault["type"]:
            case "extra_forbidden":
                known = ", ".join(ServerOptions.model_fields)
                fields[name] = f"is not known; leave it out (known are {known})"
            case "missing":
                fields[name] = "is missing; choose one in the gallery"
            case _:
                expected = _EXPECTED.get(name, fault["msg"])
                fields[name] = f"is not usable: {expected}"
    said = "; ".join(
        f"{LABELS.get(name, name)} {what}" for name, what in fields.items()
    )
    return InvalidError(f"The server cannot be started: {said}.", fields=fields)
