"""The command that lists what jobs may run."""

from __future__ import annotations

import click

from mofang.cli.app import Platform, app
from mofang.cli.outputs import output_option, print_model, print_tables
from mofang.cli.tables import environments_table


@app.command()
@output_option
@click.pass_obj
def environments(platform: Platform, output: str) -> None:
    """List the environments that jobs of the project may run.

    Their names are what --environment takes.
    """
    with platform.client() as client:
        found = client.list_environments()
    if output != "table":
        print_model(found, output, [each.name for each in found.environments])
    elif found.environments:
        print_tables([environments_table(found.environments)])
    else:
        click.echo("No environments in this project that you may use.", err=True)
