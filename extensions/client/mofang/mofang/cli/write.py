"""Commands that read logs of jobs, end jobs and remove them."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from mofang.cli.app import Platform, app
from mofang.cli.completing import complete_replica
from mofang.cli.following import follow, read_replica, write_all
from mofang.cli.outputs import job_argument
from mofang.errors import NotFoundError
from mofang.handle import JobHandle, leading_role

SHELLS = ("bash", "zsh", "fish")


@app.command()
@job_argument
@click.option(
    "--replica",
    callback=read_replica,
    shell_complete=complete_replica,
    help="Whose log, such as worker-1; that of the first replica if not given.",
)
@click.option("--follow", "is_followed", is_flag=True, help="Until the job ends.")
@click.option(
    "--raw",
    "is_raw",
    is_flag=True,
    help="As it was written, with colours and what else terminals obey.",
)
@click.pass_context
def logs(
    ctx: click.Context,
    job_id: str,
    replica: tuple[str, int] | None,
    *,
    is_followed: bool,
    is_raw: bool,
) -> None:
    """Print the log of a replica of a job."""
    platform: Platform = ctx.obj
    with platform.client() as client:
        handle = JobHandle(client, client.get_job(job_id))
        replica = replica or (leading_role(handle.job), 0)
        if is_followed:
            ctx.exit(follow(client, job_id, replica, is_raw=is_raw))
        try:
            write_all(handle.log_parts(*replica), is_raw=is_raw)
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
    """Print the script that makes SHELL complete commands, options and job ids.

    For bash, in ~/.bashrc:  eval "$(mofang completion bash)"

    For zsh, in ~/.zshrc:  eval "$(mofang completion zsh)"

    For fish:  mofang completion fish > ~/.config/fish/completions/mofang.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows the three
    click.echo(kind(app, {}, "mofang", "_MOFANG_COMPLETE").source())
