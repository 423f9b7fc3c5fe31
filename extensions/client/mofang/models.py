"""The wire format of training jobs: what is asked, seen and refused.

The only home of these models. The training service imports them, so this module
needs pydantic and nothing else. What users send is closed (an unknown field is
refused); what the service answers is open, so that an older client keeps working.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    ValidationError,
    field_validator,
    model_validator,
)

from mofang.quantities import format_bytes, parse_quantity
from mofang.rules import check_image, check_path, check_text, check_variable
from mofang.secrecy import WAY_OUT, is_secret_value

MAX_REPLICAS = 64
MAX_GPUS = 16
MAX_CPU = 256
MIN_CPU_MILLIS = 10
MIN_MEMORY = 64 * 1024**2
MAX_MEMORY = 4 * 1024**4
MAX_NAME = 63
MAX_ARGUMENTS = 256
MAX_VARIABLES = 256

MAX_SPEC_BYTES = 128 * 1024
"""All annotations of an object share 256 KiB; the specification is one of them."""


class Framework(StrEnum):
    """Who starts the processes of a job and introduces them to each other."""

    PYTORCH = "pytorch"


class JobState(StrEnum):
    """Where a job is in its life."""

    SUBMITTED = "Submitted"
    QUEUED = "Queued"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended for good."""
        return self in {self.SUCCEEDED, self.FAILED, self.CANCELLED}


class ReplicaState(StrEnum):
    """Where one container of a job is in its life; the pod phases of Kubernetes."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"

    @property
    def is_final(self) -> bool:
        """Whether the replica has ended for good."""
        return self in {self.SUCCEEDED, self.FAILED}


class _Asked(BaseModel):
    # Inputs are hidden, because messages of errors end up in logs.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Seen(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Resources(_Asked):
    """What each replica of a job gets; of CPU it may borrow what is free."""

    cpu: str = "500m"
    """Cores as a Kubernetes quantity: ``500m``, ``2``."""

    memory: str = "1Gi"
    gpu: Annotated[int, Field(ge=0, le=MAX_GPUS)] = 0

    @field_validator("cpu", "memory", mode="before")
    @classmethod
    def _accept_numbers(cls, value: object) -> object:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return str(value) if is_number else value

    @field_validator("cpu")
    @classmethod
    def _bound_cpu(cls, value: str) -> str:
        cores = parse_quantity(value)
        if not 0 < cores <= MAX_CPU or cores * 1000 < MIN_CPU_MILLIS:
            raise ValueError(f"cpu must be from 10m to {MAX_CPU} cores, not {value}.")
        return value

    @field_validator("memory")
    @classmethod
    def _bound_memory(cls, value: str) -> str:
        size = parse_quantity(value)
        if size != int(size) or not MIN_MEMORY <= size <= MAX_MEMORY:
            raise ValueError(
                f"memory must be from 64Mi to 4Ti, not {format_bytes(int(size))}. "
                "Write it with its unit, such as 2Gi."
            )
        return value


class JobSpec(_Asked):
    """A training job as its owner asks for it."""

    name: str
    framework: Framework = Framework.PYTORCH
    image: str
    """Full reference of the image all replicas run."""

    script: str
    """Path in the container; a relative one starts at the working directory."""

    arguments: list[str] = Field(default_factory=list)
    working_directory: str = "/home/jovyan"
    replicas: Annotated[int, Field(ge=1, le=MAX_REPLICAS)] = 1
    resources: Resources = Field(default_factory=Resources)
    environment: dict[str, str] = Field(default_factory=dict)
    """Variables of the job's containers; never a place for secrets."""

    environment_name: str | None = Field(
        default=None, pattern=r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$"
    )
    """The environment (template) the image came from, where one is known."""

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
        return check_image(value)

    @field_validator("script")
    @classmethod
    def _check_script(cls, value: str) -> str:
        check_path("script", value)
        if value.startswith("-") or value.endswith("/"):
            raise ValueError(
                "script is the path of a file, such as train.py. Options for it go "
                "into arguments."
            )
        return value

    @field_validator("working_directory")
    @classmethod
    def _check_working_directory(cls, value: str) -> str:
        check_path("working_directory", value)
        if not value.startswith("/"):
            raise ValueError(
                "working_directory must be an absolute path, such as "
                "/home/jovyan/experiment."
            )
        return value

    @field_validator("arguments")
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

    @field_validator("environment")
    @classmethod
    def _check_environment(cls, value: dict[str, str]) -> dict[str, str]:
        if len(value) > MAX_VARIABLES:
            raise ValueError(
                f"There are {len(value)} variables; at most {MAX_VARIABLES} are "
                "allowed. Put settings into a file and pass its path."
            )
        for name, text in value.items():
            check_variable(name, text)
        return value

    @model_validator(mode="after")
    def _fit_one_annotation(self) -> JobSpec:
        size = len(self.model_dump_json().encode())
        if size > MAX_SPEC_BYTES:
            raise ValueError(
                f"The job's settings take {format_bytes(size)} in all; at most "
                f"{format_bytes(MAX_SPEC_BYTES)} are kept. Put long values into a "
                "file and pass its path."
            )
        return self


class Replica(_Seen):
    """One container of a job, as it was last seen."""

    role: str
    index: NonNegativeInt
    state: ReplicaState = ReplicaState.PENDING
    node: str | None = None
    reason: str | None = None
    exit_code: int | None = None
    shell: bool = False
    """Whether the caller may open a Cloud Shell in it now."""

    @property
    def name(self) -> str:
        """What people call it: ``worker-1``."""
        return f"{self.role}-{self.index}"


class Job(_Seen):
    """A training job as the service sees it."""

    id: str
    project: str
    owner: str
    spec: JobSpec
    state: JobState
    reason: str | None = None
    """One sentence: why it waits, or how it ended."""

    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    replicas: list[Replica] = Field(default_factory=list)

    @field_validator("spec", mode="before")
    @classmethod
    def _pass_over_newer_fields(cls, value: object) -> object:
        # The specification is closed for those who send one; a client that is
        # older than the service must still read those of others.
        if isinstance(value, dict):
            return {k: v for k, v in value.items() if k in JobSpec.model_fields}
        return value


class JobList(_Seen):
    """One page of a project's jobs, newest first."""

    jobs: list[Job]
    next: str | None = None
    """What to send as ``after`` for the next page; None on the last one."""


class JobEvent(_Seen):
    """One change, as the watch tells it."""

    type: Literal["added", "modified", "deleted"]
    job: Job


class ErrorBody(_Seen):
    """Why the service did not do what was asked."""

    error: str
    """A code for programs: ``invalid``, ``not_found``."""

    message: str
    """A sentence for people: what was wrong, what to do."""

    fields: dict[str, str] = Field(default_factory=dict)
    """A sentence for each field of the request that must change."""


def field_sentences(error: ValidationError) -> dict[str, str]:
    """Return one sentence per refused field, keyed by its dotted path.

    The key of a complaint about the whole body is the empty string. Values that
    were sent are never repeated: they may be secrets.
    """
    sentences: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part)[:64] for part in item["loc"])
        match item["type"]:
            case "missing":
                sentence = "This field is needed."
            case "extra_forbidden":
                sentence = "There is no such field. Check its spelling, or remove it."
            case "value_error":
                sentence = str(item["ctx"]["error"])
            case _:
                sentence = item["msg"].removesuffix(".") + "."
        sentences.setdefault(field, sentence)
    return sentences
