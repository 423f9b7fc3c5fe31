"""Where a person looks into a job from a notebook."""

from __future__ import annotations

from mofang_api.base import ResponseModel


class DebugServer(ResponseModel):
    """The notebook server in which a job can be looked into."""

    server: str
    """Its name among the caller's servers."""

    path: str
    """What starts or opens it, beneath the hub's address and without a slash."""

    note: str | None = None
    """What differs from the job, in a sentence."""
