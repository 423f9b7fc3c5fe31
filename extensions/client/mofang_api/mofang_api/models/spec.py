"""A training job as its owner asks for it."""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import Annotated

from pydantic import (
    Field,
    JsonValue,
    StrictBool,
    StrictFloat,
    StrictInt,
    field_validator,
    model_validator,
)

from mofang_api.base import RequestModel
from mofang_api.declarations import MAX_REPLICAS
from mofang_api.errors import FieldError
from mofang_api.frameworks import DEFAULT_FRAMEWORK
from mofang_api.ids import JOB_ID
from mofang_api.models.delivery import CodeSource, Input, Output, SecretKey
from mofang_api.models.enums import Engine, Framework, HangPolicy, Priority
from mofang_api.models.resources import Resources
from mofang_api.models.roles import (
    Role,
    RoleSpec,
    check_roles,
    resolve_roles,
)
from mofang_api.quantities import format_bytes
from mofang_api.secret_detection import WAY_OUT, is_secret_value
from mofang_api.validation import (
    ABSOLUTE_PATH,
    IMAGE,
    MAX_IMAGE,
    PARAMETER_NAME,
    VARIABLE_NAME,
    check_environment_name,
    check_image,
    check_parameter,
    check_path,
    check_text,
    check_variable,
    check_variable_name,
)

MAX_NAME = 63
MAX_ARGUMENTS = 256
MAX_VARIABLES = 256
MAX_DATA_PATHS = 32
MAX_UID = 65535
MAX_HOLD_MINUTES = 24 * 60

MAX_SPEC_BYTES = 32 * 1024
"""Kubernetes keeps it twice: in an annotation of the job, and in its pods' template."""


def _named(pattern: str) -> dict[str, JsonValue]:
    """Return what the schema of an object says of the names in it."""
    return {"propertyNames": {"pattern": pattern}, "maxProperties": MAX_VARIABLES}


Parameter = StrictBool | StrictInt | StrictFloat | str


class Restart(RequestModel):
    """When a failed job starts again, all replicas together (J9)."""

    limit: Annotated[int, Field(ge=1, le=128)] = 3
    """Restarts in all."""

    include_script_failures: bool = False
    """Whether failures of the script count too, and not those of the platform alone;
    then three in a row are the end."""


class JobSpec(RequestModel):
    """A training job as its owner asks for it."""

    name: Annotated[
        str, Field(json_schema_extra={"pattern": r"\S", "maxLength": MAX_NAME})
    ]
    framework: Framework = Framework(DEFAULT_FRAMEWORK)
    engine: Engine | None = None
    """None for the first of the platform's that runs the framework."""

    image: Annotated[
        str, Field(json_schema_extra={"pattern": f"^$|{IMAGE}", "maxLength": MAX_IMAGE})
    ] = ""
    """Full reference of the image all replicas run; empty for that of the environment
    that ``environment_name`` names, as it is at the submission."""

    script: Annotated[str, Field(json_schema_extra={"pattern": "^$|^(?!-).*[^/]$"})] = (
        ""
    )
    """Path in the container; a relative one starts at the working directory. A
    notebook (.ipynb) is run by papermill. Empty where there is a command."""

    command: list[str] = Field(default_factory=list)
    """What each replica (where mpirun starts them: each rank) runs instead of a script,
    word by word; no shell reads it."""

    arguments: list[str] = Field(default_factory=list)
    hyperparameters: dict[str, Parameter] = Field(
        default_factory=dict, json_schema_extra=_named(PARAMETER_NAME)
    )
    """Passed after the arguments as ``--name=value``."""

    flags: list[
        Annotated[str, Field(json_schema_extra={"pattern": PARAMETER_NAME})]
    ] = Field(default_factory=list)
    """Hyper-parameters without a value, passed as ``--name``; a notebook gets True."""

    working_directory: Annotated[
        str, Field(json_schema_extra={"pattern": ABSOLUTE_PATH})
    ] = "/home/jovyan"
    code: CodeSource | None = None
    """A snapshot that takes the place of its directory; None to use code in place."""

    requirements: str | None = None
    """Path of a requirements file whose packages are installed before the start."""

    inputs: list[Input] = Field(default_factory=list)
    outputs: list[Output] = Field(default_factory=list)
    replicas: Annotated[int, Field(ge=1, le=MAX_REPLICAS)] = 1
    """Of the framework's main role, its workers; ``roles`` may ask for none."""

    resources: Resources = Field(default_factory=Resources)
    """Of each replica whose role says nothing else."""

    roles: dict[str, RoleSpec] = Field(default_factory=dict)
    processes_per_replica: Annotated[int, Field(ge=1, le=256)] | None = None
    """None for one per GPU, and one where there is none."""

    environment: dict[str, str] = Field(
        default_factory=dict, json_schema_extra=_named(VARIABLE_NAME)
    )
    """Variables of the job's containers; never a place for secrets."""

    secrets: dict[str, SecretKey] = Field(
        default_factory=dict, json_schema_extra=_named(VARIABLE_NAME)
    )
    """Variables whose values come from the project's Kubernetes Secrets."""

    run_as_user: Annotated[int, Field(ge=1, le=MAX_UID)] = 1000
    priority: Priority = Priority.NORMAL
    restart: Restart | None = None
    hang_policy: HangPolicy = HangPolicy.NOTIFY
    hold_on_failure_minutes: Annotated[int, Field(ge=0, le=MAX_HOLD_MINUTES)] = 0
    """How long a failed replica's container is held for debugging; it keeps its share
    of the quota so long."""

    environment_name: str | None = None
    """The environment (template) whose image is run; None where an image is named that
    is not known to be one's. Of an admitted job both are there."""

    rerun_of: str | None = Field(default=None, pattern=rf"^{JOB_ID}$")
    """Id of the job this one repeats with changes."""

    def resolved_roles(self) -> tuple[Role, ...]:
        """Return each role that has replicas, with what each of those gets."""
        return resolve_roles(self.framework, self.replicas, self.resources, self.roles)

    def data_paths(self) -> list[Input | Output]:
        """Return inputs and outputs."""
        return [*self.inputs, *self.outputs]

    def parameter_arguments(self) -> list[str]:
        """Return hyper-parameters and flags as a script's arguments."""
        return [
            *(
                f"--{name}={parameter_text(value)}"
                for name, value in self.hyperparameters.items()
            ),
            *(f"--{name}" for name in self.flags),
        ]

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        is_blank = not value.strip()
        if is_blank or len(value) > MAX_NAME or not value.isprintable():
            raise ValueError("A name has 1 to 63 printable characters.")
        return value

    @field_validator("image")
    @classmethod
    def _check_image(cls, value: str) -> str:
        return check_image(value) if value else value

    @field_validator("environment_name")
    @classmethod
    def _check_environment_name(cls, value: str | None) -> str | None:
        return value if value is None else check_environment_name(value)

    @field_validator("script")
    @classmethod
    def _check_script(cls, value: str) -> str:
        if not value:
            return value
        check_path(value)
        if value.startswith("-") or value.endswith("/"):
            raise ValueError(
                "Write the path of a file, such as train.py. Options for it go into "
                "the arguments."
            )
        return value

    @field_validator("working_directory")
    @classmethod
    def _check_working_directory(cls, value: str) -> str:
        check_path(value)
        if not value.startswith("/"):
            raise ValueError(
                "Must be an absolute path, such as /home/jovyan/experiment."
            )
        return value

    @field_validator("requirements")
    @classmethod
    def _check_requirements(cls, value: str | None) -> str | None:
        if value is not None:
            check_path(value)
            if value.startswith("-"):
                raise ValueError("Write the path of a file, such as requirements.txt.")
        return value

    @field_validator("command", "arguments")
    @classmethod
    def _check_arguments(cls, value: list[str]) -> list[str]:
        if len(value) > MAX_ARGUMENTS:
            raise ValueError(
                f"There are {len(value)} arguments; at most {MAX_ARGUMENTS} are "
                "allowed. Put long lists into a file and pass its path."
            )
        for position, argument in enumerate(value, 1):
            check_text(f"Argument {position}", argument)
            if is_secret_value(argument):
                raise ValueError(f"Argument {position} looks like a secret. {WAY_OUT}")
        return value

    @field_validator("hyperparameters")
    @classmethod
    def _check_parameters(cls, value: dict[str, Parameter]) -> dict[str, Parameter]:
        _check_count("hyper-parameters", value)
        for name, setting in value.items():
            check_parameter(name, parameter_text(setting))
            if isinstance(setting, float) and not math.isfinite(setting):
                raise ValueError(
                    f"{name!r} is {setting}, which is not a number in JSON. Write it "
                    f'as the text "{setting}".'
                )
        return value

    @field_validator("flags")
    @classmethod
    def _check_flags(cls, value: list[str]) -> list[str]:
        _check_count("flags", value)
        for name in value:
            check_parameter(name, "")
        return value

    @field_validator("environment")
    @classmethod
    def _check_environment(cls, value: dict[str, str]) -> dict[str, str]:
        _check_count("variables", value)
        for name, text in value.items():
            check_variable(name, text)
        return value

    @field_validator("secrets")
    @classmethod
    def _check_secrets(cls, value: dict[str, SecretKey]) -> dict[str, SecretKey]:
        _check_count("secrets", value)
        for name in value:
            check_variable_name(name)
        return value

    @field_validator("inputs", "outputs")
    @classmethod
    def _check_data_paths(cls, value: list[Input] | list[Output]) -> object:
        if len(value) > MAX_DATA_PATHS:
            raise ValueError(
                f"There are {len(value)}; at most {MAX_DATA_PATHS} are allowed."
            )
        return value

    @model_validator(mode="after")
    def _agree(self) -> JobSpec:
        self._check_program()
        if not self.image and self.environment_name is None:
            raise FieldError(
                "environment_name",
                "Name the environment whose image the job runs, such as pytorch, or an "
                "image.",
            )
        self._check_names()
        check_roles(self.framework, self.replicas, self.roles)
        size = len(self.model_dump_json().encode())
        if size > MAX_SPEC_BYTES:
            field, its_size = self._largest_field()
            raise FieldError(
                field,
                f"The job's settings take {format_bytes(size)} in all, of which "
                f"{field} takes {format_bytes(its_size)}; at most "
                f"{format_bytes(MAX_SPEC_BYTES)} are kept. Put long values into a "
                "file and pass its path.",
            )
        return self

    def _largest_field(self) -> tuple[str, int]:
        """Return the field that takes most bytes, and how many."""
        sizes = {
            name: len(self.model_dump_json(include={name}).encode())
            for name in type(self).model_fields
        }
        largest = max(sizes, key=sizes.__getitem__)
        return largest, sizes[largest]

    def _check_program(self) -> None:
        if bool(self.script) == bool(self.command):
            raise FieldError(
                "script",
                "A job runs either a script, such as train.py, or a command. Name one "
                "of the two.",
            )
        if self.command and not self.command[0]:
            raise FieldError("command", "The first word of the command is empty.")

    def _check_names(self) -> None:
        """Refuse two values for one name: which of them counted would be a riddle."""
        seen: set[str] = set()
        for each in self.data_paths():
            name = each.name
            if name.lower() in seen:
                raise FieldError("outputs", f"Two inputs or outputs are called {name}.")
            seen.add(name.lower())
            if name in self.hyperparameters:
                raise FieldError(
                    "hyperparameters",
                    f"{name} is a hyper-parameter and an input or output. Rename one.",
                )
        for name in self.flags:
            if name in self.hyperparameters or name.lower() in seen:
                raise FieldError(
                    "flags",
                    f"{name} is a flag, and a hyper-parameter, input or output. Keep "
                    "one of them.",
                )
        for name in self.secrets:
            if name in self.environment:
                raise FieldError(
                    "secrets", f"{name} is a variable and a secret. Remove one."
                )


def _check_count(what: str, values: Sized) -> None:
    if len(values) > MAX_VARIABLES:
        raise ValueError(
            f"There are {len(values)} {what}; at most {MAX_VARIABLES} are allowed. Put "
            "settings into a file and pass its path."
        )


def parameter_text(value: Parameter) -> str:
    """Return a hyper-parameter as a script reads it."""
    match value:
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
