"""What a job's replicas used, as charts show it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, NonNegativeInt

from mofang_api.base import ResponseModel


class Series(ResponseModel):
    """One curve of one replica."""

    name: str
    """``cpu`` (cores), ``memory`` (bytes), ``gpu`` (percent), ``gpu_memory`` (bytes),
    ``read``, ``write``, ``received``, ``sent`` (bytes per second)."""

    values: list[float | None]
    """One for each of the replica's times; None where nothing was measured."""

    limit: float | None = None
    """What the replica may use at most, where there is a limit."""


class ReplicaMetrics(ResponseModel):
    """The curves of one replica."""

    role: str
    index: NonNegativeInt
    times: list[datetime] = Field(default_factory=list)
    series: list[Series] = Field(default_factory=list)
    note: str | None = None
    """Why there is nothing, where there is nothing."""


class JobMetrics(ResponseModel):
    """The curves of a job's replicas."""

    replicas: list[ReplicaMetrics] = Field(default_factory=list)
