"""How commands that show something print it: for people, or for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click
from pydantic import BaseModel
from rich.console import RenderableType

from mofang.cli.completing import complete_job
from mofang.cli.tables import console
from mofang.specfile import to_yaml

FORMATS = ("table", "json", "yaml", "name")

job_argument = click.argument("job_id", metavar="JOB", shell_complete=complete_job)
output_option = click.option(
    "--output",
    "-o",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="json and yaml are what the service answers; name is names alone.",
)
watch_option = click.option(
    "--watch", "-w", is_flag=True, help="Keep showing changes; end with Ctrl-C."
)


def print_model(
    value: BaseModel | dict[str, Any], output: str, names: Iterable[str]
) -> None:
    """Print something for programs.

    Args:
        value: What it is.
        output: ``json``, ``yaml`` or ``name``.
        names: What ``name`` prints, a line each.
    """
    match output:
        case "yaml":
            click.echo(to_yaml(value), nl=False)
        case "name":
            for name in names:
                click.echo(name)
        case _:
            click.echo(_json(value))


def print_change(value: BaseModel, output: str, names: Iterable[str]) -> None:
    """Print one of many: a line of JSON, a document of YAML, or names.

    Args:
        value: What changed.
        output: One of ``FORMATS``.
        names: Printed for the format ``name``.
    """
    if output == "json":
        click.echo(value.model_dump_json())
        return
    if output == "yaml":
        click.echo("---")
    print_model(value, output, names)


def print_tables(tables: Iterable[RenderableType]) -> None:
    """Print tables for people, an empty line between two."""
    screen = console()
    for number, table in enumerate(tables):
        if number:
            screen.print()
        screen.print(table)


def _json(value: BaseModel | dict[str, Any]) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json(indent=2)
    return json.dumps(value, indent=2, ensure_ascii=False)
