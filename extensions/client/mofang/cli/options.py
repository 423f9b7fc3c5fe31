"""The options of a submission, shared by ``mofang submit`` and ``%%mofang``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import click

from mofang.options import SubmitOptions

F = TypeVar("F", bound=Callable[..., Any])


def _read_variables(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    variables = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter("write NAME=VALUE.", ctx, parameter)
        variables[name] = text
    return variables


_OPTIONS = (
    click.option("--name", help="What to call the job."),
    click.option(
        "--replicas", type=int, default=1, show_default=True, help="How many run it."
    ),
    click.option("--cpu", help="Cores of each replica, such as 2 or 500m."),
    click.option("--memory", help="Memory of each replica, such as 2Gi."),
    click.option("--gpu", type=int, help="GPUs of each replica."),
    click.option(
        "--env",
        "environment",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_read_variables,
        help="A variable for the script; may be repeated. Not for secrets.",
    ),
    click.option("--image", help="Image to run; that of this notebook by default."),
    click.option(
        "--workdir",
        "working_directory",
        help="Where the script starts; here by default.",
    ),
    click.option(
        "--follow",
        "--watch",
        "follow",
        is_flag=True,
        help="Show the log until the job ends.",
    ),
)


def submit_options(command: F) -> F:
    """Give a command the options of a submission."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_options(values: Mapping[str, Any]) -> SubmitOptions:
    """Return what was said; what was not keeps its default."""
    names = SubmitOptions.__annotations__
    said = {k: v for k, v in values.items() if k in names and v is not None}
    return cast("SubmitOptions", said)
