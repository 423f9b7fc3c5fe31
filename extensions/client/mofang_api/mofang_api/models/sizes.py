"""The size of a server that runs, and how it is changed without a restart."""

from __future__ import annotations

from mofang_api.base import ResponseModel


class SizeRange(ResponseModel):
    """One amount that may be chosen."""

    name: str
    """``cpu`` or ``memory``."""

    unit: str
    """``cores`` or ``GiB``."""

    value: float
    """That the server has."""

    low: float
    high: float
    """What it may get now: the environment's bound, and what quota and node leave."""

    steps: list[float]
    """Round amounts among them."""


class ServerSizes(ResponseModel):
    """The hub's answer about a server that runs."""

    sizes: list[SizeRange]
