"""What a job's containers get beside a command: code, inputs, outputs, secrets."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from mofang_api.base import RequestModel
from mofang_api.models.enums import OpenEnum
from mofang_api.validation import ABSOLUTE_PATH, check_path

MAX_CODE_BYTES = 5 * 1024**3
MAX_CODE_FILES = 1000
MAX_CODE_DEPTH = 32

SOURCE_SCHEME = "source://"
"""Before the name of a data source, such as ``source://imagenet/train``."""

S3_SCHEME = "s3://"
"""Before a bucket of a data source and a key in it."""

_DATA_LOCATION = f"^(/|{SOURCE_SCHEME}[^/]|{S3_SCHEME}[^/])"
_DATA_PATH_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
_OBJECT_NAME = r"^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$"
_DATA_KEY = r"^[A-Za-z0-9._-]{1,253}$"


class PassAs(OpenEnum):
    """How a script hears of a place."""

    PARAMETER = "parameter"
    """As ``--name=path`` after its arguments; to a notebook as a parameter."""

    ENVIRONMENT = "environment"
    """As a variable of the name in capitals."""


def _absolute(value: str) -> str:
    check_path(value)
    if not value.startswith("/"):
        raise ValueError("Must be an absolute path, such as /projects/vision/data.")
    return value


def _location(value: str) -> str:
    check_path(value)
    if not re.match(_DATA_LOCATION, value):
        raise ValueError(
            "Must be an absolute path, such as /projects/vision/data, or lie in a data "
            "source, such as source://imagenet/train or s3://bucket/prefix."
        )
    return value


class Input(RequestModel):
    """A place the script reads from."""

    name: Annotated[str, Field(pattern=_DATA_PATH_NAME)]
    """Such as ``data_url``."""

    path: Annotated[str, Field(json_schema_extra={"pattern": _DATA_LOCATION})]
    """Absolute, or a place in a data source of the project:
    ``source://<name>/<path>``, or a URL of S3. The script gets the directory below
    ``/data`` or the URL."""

    pass_as: PassAs = PassAs.PARAMETER

    @field_validator("path")
    @classmethod
    def _check_path(cls, value: str) -> str:
        return _location(value)


class Output(RequestModel):
    """A place the script writes to; a directory is made where it is missing."""

    name: Annotated[str, Field(pattern=_DATA_PATH_NAME)]
    """Such as ``train_url``."""

    path: Annotated[str, Field(json_schema_extra={"pattern": _DATA_LOCATION})]
    """As that of an input. Nothing is made in a bucket; the script writes to its URL.
    """

    pass_as: PassAs = PassAs.PARAMETER

    staged: bool = False
    """Whether the script writes to the fast scratch disk, from where files are
    copied to ``path`` while it runs and when it ends."""

    preload: bool = False
    """Whether what ``path`` holds already is there at the start; only a staged output
    starts empty without it."""

    @field_validator("path")
    @classmethod
    def _check_path(cls, value: str) -> str:
        return _location(value)

    @model_validator(mode="after")
    def _require_staging(self) -> Output:
        if self.preload and not self.staged:
            raise ValueError(
                "preload is for staged outputs; others hold what they held anyway. "
                "Leave it out, or set staged too."
            )
        return self


class CodeSource(RequestModel):
    """A directory of code, used as it was when the job was submitted."""

    directory: Annotated[str, Field(json_schema_extra={"pattern": ABSOLUTE_PATH})]
    """Where it was copied from; absolute."""

    snapshot: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the archive ``.mofang/code/<snapshot>.tar`` in the owner's home."""

    @field_validator("directory")
    @classmethod
    def _check_directory(cls, value: str) -> str:
        return _absolute(value)


class SecretKey(RequestModel):
    """Where a secret variable's value is kept: never in the job itself."""

    secret: Annotated[str, Field(json_schema_extra={"pattern": _OBJECT_NAME})]
    """Name that people know it by; the Kubernetes Secret of the project is called
    ``mofang-secret-<name>``."""

    key: Annotated[str, Field(json_schema_extra={"pattern": _DATA_KEY})]

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, value: str) -> str:
        if not re.fullmatch(_OBJECT_NAME, value):
            raise ValueError(
                "The name of a secret has lower-case letters, digits, dots and dashes."
            )
        return value

    @field_validator("key")
    @classmethod
    def _check_key(cls, value: str) -> str:
        if not re.fullmatch(_DATA_KEY, value):
            raise ValueError(
                "The key of a secret has letters, digits, dots, dashes and underscores."
            )
        return value
