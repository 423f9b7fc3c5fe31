"""``mofang submit``: run a script as a job."""

from __future__ import annotations

from typing import Any

import click

from mofang.cli.app import Platform, app
from mofang.cli.following import follow
from mofang.cli.options import read_options, submit_options
from mofang.submission import build_spec


@app.command()
@click.argument("script")
@click.argument("arguments", nargs=-1)
@submit_options
@click.pass_context
def submit(
    ctx: click.Context, /, script: str, arguments: tuple[str, ...], **options: Any
) -> None:
    """Run SCRIPT as a training job, with the ARGUMENTS that follow --.

    Prints the job's id:  mofang submit train.py --replicas 2 -- --epochs 3
    """
    platform: Platform = ctx.obj
    with platform.client() as client:
        spec = build_spec(script, arguments, read_options(options), client.settings)
        job = client.submit(spec)
        click.echo(job.id)
        if options["follow"]:
            ctx.exit(follow(client, job.id, ("worker", 0)))
        click.echo(f"Follow it with: mofang logs {job.id} --follow", err=True)
