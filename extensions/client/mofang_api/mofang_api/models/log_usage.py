"""What the logs and results of jobs take."""

from __future__ import annotations

from pydantic import Field

from mofang_api.base import ResponseModel


class LogUsage(ResponseModel):
    """What a project's jobs have written to the storage of logs, and the caller's.

    It is no part of anybody's home, nor of the project's directory.
    """

    bytes: int | None = None
    """Of all jobs of the project; None while nobody has counted."""

    complete: bool = True
    """False where counting was ended early: ``bytes`` is a minimum value then."""

    limit: int | None = None
    """What they may take together, in bytes; None for no limit."""

    enforced: bool = False
    """Whether the file system sees to the limit."""

    own_bytes: int = Field(ge=0)
    """Of the caller's jobs."""

    own_complete: bool = True
    """As ``complete``, of the caller's jobs."""

    own_jobs: int = Field(ge=0)
    """How many of the caller's jobs there are, ended ones too."""
