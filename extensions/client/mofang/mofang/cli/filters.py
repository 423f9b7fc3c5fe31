"""Which jobs are meant, shared by ``mofang jobs`` and ``%mofang_jobs``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from mofang.endpoints import JobFilter
from mofang.settings import ClientSettings
from mofang_api.models import Framework, JobState

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--state",
        multiple=True,
        type=click.Choice(list(map(str, JobState)), case_sensitive=False),
        help="In this state. May be repeated.",
    ),
    click.option("--mine", is_flag=True, help="My own."),
    click.option("--owner", help="Of this user."),
    click.option("--framework", type=click.Choice(list(map(str, Framework)))),
    click.option("--search", metavar="TEXT", help="With this in the name or the id."),
)


def job_filters(command: F) -> F:
    """Give a command the options of a filter."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_filter(values: Mapping[str, Any], settings: ClientSettings) -> JobFilter:
    """Return the filter that was said; empty for all jobs."""
    wanted = JobFilter()
    if values["state"]:
        wanted["state"] = values["state"]
    owner = settings.me() if values["mine"] else values["owner"]
    if owner:
        wanted["owner"] = owner
    if values["framework"]:
        wanted["framework"] = values["framework"]
    if values["search"]:
        wanted["search"] = values["search"]
    return wanted
