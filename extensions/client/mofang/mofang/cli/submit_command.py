"""``mofang submit`` and ``mofang rerun``: run a script, or an earlier job again."""

from __future__ import annotations

from typing import Any

import click
import cloup

from mofang.api import send
from mofang.cli.app import REFUSED, Platform, app
from mofang.cli.following import follow
from mofang.cli.options import read_options, spec_file_option, submit_options
from mofang.cli.outputs import job_argument
from mofang.cli.tables import console, cost_table
from mofang.client import Client
from mofang.display import cache_text
from mofang.errors import InvalidError
from mofang.handle import leading_role
from mofang.options import RerunOptions
from mofang.specfile import read_spec_file
from mofang.submission import build_spec, change_spec, rerun_spec
from mofang_api.models import JobSpec


@app.command(cls=cloup.Command)
@click.argument("script", required=False)
@click.argument("arguments", nargs=-1)
@submit_options
@spec_file_option
@click.pass_context
def submit(
    ctx: click.Context,
    /,
    script: str | None,
    arguments: tuple[str, ...],
    **values: Any,
) -> None:
    """Run SCRIPT as a training job, with the ARGUMENTS that follow --.

    Prints the job's id:  mofang submit train.py --replicas 2 -- --epochs 3

    A notebook (.ipynb) is run by papermill; its hyper-parameters are its parameters.
    """
    platform: Platform = ctx.obj
    options = read_options(values)
    with platform.client() as client:
        if values["spec_file"] is None:
            script, arguments = _without_script(script, arguments, options)
            spec = build_spec(script, arguments, options, client.settings)
        else:
            _add_program(options, script, arguments)
            base = read_spec_file(values["spec_file"])
            spec = change_spec(base, options, client.settings)
        _carry_out(ctx, client, spec, values)


@app.command(cls=cloup.Command)
@job_argument
@click.argument("arguments", nargs=-1)
@click.option("--script", help="Another script.")
@click.option(
    "--unset",
    multiple=True,
    metavar="NAME",
    help="Leave out a hyper-parameter or flag that the earlier job had. May be "
    "repeated.",
)
@submit_options
@click.pass_context
def rerun(
    ctx: click.Context, /, job_id: str, arguments: tuple[str, ...], **values: Any
) -> None:
    """Run JOB again, with the changes that are given.

    mofang rerun digits-x1y2z3 --set lr=0.2 --replicas 4
    """
    platform: Platform = ctx.obj
    options = read_options(values)
    _add_program(options, values["script"], arguments)
    removed = dict.fromkeys(values["unset"])
    if removed:
        options["hyperparameters"] = {
            **removed,
            **(options.get("hyperparameters") or {}),
        }
    with platform.client() as client:
        spec = rerun_spec(client.get_job(job_id), options, client.settings)
        _carry_out(ctx, client, spec, values)


def show_preview(client: Client, spec: JobSpec) -> int:
    """Print what a job would be, and beside it what it would cost; return a code."""
    preview = client.preview(spec)
    click.echo(preview.manifest, nl=not preview.manifest.endswith("\n"))
    notes = console(stderr=True)
    if preview.cost:
        notes.print(cost_table(preview.cost))
    for note in (cache_text(preview.cache_bytes), *preview.notes):
        if note:
            click.echo(note, err=True)
    if not preview.fields:
        return 0
    error = InvalidError(
        "The job would not be accepted.", code="invalid", fields=preview.fields
    )
    click.secho(str(error), fg="red", err=True)
    return REFUSED


def _carry_out(
    ctx: click.Context, client: Client, spec: JobSpec, values: dict[str, Any]
) -> None:
    if values["dry_run"]:
        ctx.exit(show_preview(client, spec))
    job = send(client, spec).job
    click.echo(job.id)
    if values["follow"]:
        ctx.exit(follow(client, job.id, (leading_role(job), 0)))
    click.echo(f"Follow it with: mofang logs {job.id} --follow", err=True)


def _without_script(
    script: str | None, arguments: tuple[str, ...], options: RerunOptions
) -> tuple[str | None, tuple[str, ...]]:
    # Where there is a command, the first word after -- is an argument like the rest.
    if options.get("command") and script is not None:
        return None, (script, *arguments)
    return script, arguments


def _add_program(
    options: RerunOptions, script: str | None, arguments: tuple[str, ...]
) -> None:
    script, arguments = _without_script(script, arguments, options)
    if script:
        options["script"] = script
    if arguments:
        options["arguments"] = arguments
