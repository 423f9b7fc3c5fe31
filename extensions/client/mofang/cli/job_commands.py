"""Commands on jobs that exist: look, read, end, remove."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

from mofang.cli.app import Platform, app
from mofang.cli.following import follow, read_replica, write_all
from mofang.cli.tables import console, job_table, jobs_table, replicas_table
from mofang.cli.watching import watch_json, watch_table
from mofang.client import Client
from mofang.errors import MofangError, NotFoundError
from mofang.handle import JobHandle

SHELLS = ("bash", "zsh", "fish")


def _complete_job(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    # While a shell completes there is no place for an error.
    try:
        with Client() as client:
            jobs = client.list_jobs(limit=50).jobs
    except MofangError:
        return []
    return [
        CompletionItem(job.id, help=f"{job.spec.name}: {job.state}")
        for job in jobs
        if job.id.startswith(incomplete)
    ]


job_argument = click.argument("job_id", metavar="JOB", shell_complete=_complete_job)
output_option = click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="json is what the service answers.",
)


@app.command()
@click.option("--watch", is_flag=True, help="Keep showing changes; end with Ctrl-C.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@output_option
@click.pass_obj
def jobs(platform: Platform, *, watch: bool, limit: int, output: str) -> None:
    """List the project's jobs, newest first."""
    with platform.client() as client:
        if watch and output == "json":
            watch_json(client)
        elif watch:
            watch_table(client, limit)
        else:
            page = client.list_jobs(limit)
            if output == "json":
                click.echo(page.model_dump_json(indent=2))
            elif page.jobs:
                console().print(jobs_table(page.jobs))
            else:
                click.echo("No jobs in this project yet.", err=True)


@app.command()
@job_argument
@output_option
@click.pass_obj
def status(platform: Platform, job_id: str, output: str) -> None:
    """Show all about a job."""
    with platform.client() as client:
        job = client.get_job(job_id)
    if output == "json":
        click.echo(job.model_dump_json(indent=2))
        return
    console().print(job_table(job))
    if job.replicas:
        console().print()
        console().print(replicas_table(job))


@app.command()
@job_argument
@click.option(
    "--replica",
    default="worker-0",
    show_default=True,
    callback=read_replica,
    help="Whose log.",
)
@click.option("--follow", "is_followed", is_flag=True, help="Until the job ends.")
@click.pass_context
def logs(
    ctx: click.Context, job_id: str, replica: tuple[str, int], *, is_followed: bool
) -> None:
    """Print the log of a replica of a job."""
    platform: Platform = ctx.obj
    with platform.client() as client:
        if is_followed:
            ctx.exit(follow(client, job_id, replica))
        handle = JobHandle(client, client.get_job(job_id))
        try:
            write_all(handle.log_parts(*replica))
        except NotFoundError:
            if handle.state.is_final:
                raise
            click.echo("The job has no log yet; it has not started.", err=True)


@app.command()
@job_argument
@click.pass_obj
def cancel(platform: Platform, job_id: str) -> None:
    """End a job; its logs stay."""
    with platform.client() as client:
        job = client.cancel(job_id)
    click.echo(f"{job.id}: {job.state}")


@app.command()
@job_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(platform: Platform, job_id: str, *, yes: bool) -> None:
    """Remove a job and its logs, for good."""
    if not yes:
        click.confirm(f"Remove {job_id} and its logs?", abort=True)
    with platform.client() as client:
        client.delete(job_id)
    click.echo(f"{job_id}: removed")


@app.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that makes SHELL complete commands and job ids.

    For bash:  eval "$(mofang completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows the three
    click.echo(kind(app, {}, "mofang", "_MOFANG_COMPLETE").source())
