"""What a server reports of its activity to the hub, and what becomes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from mofang_api.base import RequestModel, ResponseModel

LONGEST_NAME = 200
"""Of a notebook, in characters."""

NOTEBOOKS = 20
"""That one report names."""

LONGEST_REASON = 300

_Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_Bytes = Annotated[int, Field(ge=0, le=2**53)]


class CullingAction(StrEnum):
    """What the hub does with a server."""

    KEEP = "keep"
    NOTIFY = "notify"
    """Its people are to know that it will be stopped."""

    STOP = "stop"


class ResourceUse(RequestModel):
    """What a server used since its last report that the hub took."""

    seconds: float = Field(gt=0, le=86_400, allow_inf_nan=False)
    """For how long it was measured."""

    cpu_seconds: _Seconds
    """Used in that time."""

    memory_bytes: _Bytes
    """At the end, without what could be freed at once."""

    memory_mean_bytes: _Bytes
    memory_peak_bytes: _Bytes


class ActivityReport(RequestModel):
    """Of a server, measured just now.

    It has durations and no times: clocks of nodes differ, and are set.
    """

    idle_seconds: _Seconds
    """Since the last activity; 0 while there is some."""

    noticed_seconds: _Seconds | None = None
    """Since the server's people could read that it will be stopped; None if they
    cannot."""

    notebooks: list[Annotated[str, Field(max_length=LONGEST_NAME)]] = Field(
        default_factory=list, max_length=NOTEBOOKS
    )
    """Paths of what has a kernel."""

    use: ResourceUse | None = None
    """None where it cannot be measured, and from servers of earlier versions."""


class ExtensionRequest(RequestModel):
    """To keep an idle server running."""

    hours: float | None = Field(default=None, gt=0, le=24 * 366, allow_inf_nan=False)
    """From now on; None for what the hub gives to who does not say."""

    reason: str = Field(default="", max_length=LONGEST_REASON)


class CullingStatus(ResponseModel):
    """The hub's answer to a report or to an extension."""

    action: CullingAction
    idle_minutes: float
    """A server that was idle for so long is stopped, after a notice."""

    stop_in_seconds: float | None = None
    """Of a server that is to be stopped."""

    extended_seconds: float = 0
    """For how long somebody has asked to keep it, from now on."""

    extendable_seconds: float = 0
    """For how long it may be kept at the longest, from now on."""

    report_in_seconds: float
    """When the hub wants to hear again."""

    is_dozing: bool = False
    """Whether the server has given back its CPU request, and gets it again when it
    reports that something happens."""
