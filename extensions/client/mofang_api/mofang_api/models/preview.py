"""What a job would be, before it is submitted."""

from __future__ import annotations

from pydantic import Field

from mofang_api.base import ResponseModel


class QuotaCost(ResponseModel):
    """What a job takes of one resource of its project's quota."""

    resource: str
    """``cpu`` (cores), ``memory`` (bytes), ``gpu``, ``ephemeral_storage`` (bytes),
    ``pods``."""

    requested: float
    used: float
    """In use by everything that runs now."""

    limit: float | None = None
    """None where the project has no limit."""


class Preview(ResponseModel):
    """What a job would be, before it is submitted."""

    manifest: str
    """The object that would be created, as YAML."""

    workload_kind: str
    """Which resource would run it, such as ``PyTorchJob``."""

    cost: list[QuotaCost] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    """Sentences about where it would run and what it would wait for."""

    cache_bytes: dict[str, int] = Field(default_factory=dict)
    """What each replica may write to ``/cache``, by role; a role without one is left
    out."""

    fields: dict[str, str] = Field(default_factory=dict)
    """A sentence for each field that must change before it can be submitted."""
