"""``mofang ssh-config``: replicas of jobs as hosts of editors that speak SSH."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mofang.cli.app import Platform, app
from mofang.cli.completing import complete_job
from mofang.cli.ssh_commands import resolve_key, session_options
from mofang.client import Client
from mofang.errors import InvalidError
from mofang.settings import config_file, read_config_file
from mofang.ssh.host_blocks import Block
from mofang.ssh.hosts import HostFiles, block_of
from mofang.ssh.options import build_connection
from mofang.ssh.replica_hosts import nothing_runs, open_hosts
from mofang_api.ids import is_job_id


@app.command()
@click.argument("job_id", metavar="JOB", required=False, shell_complete=complete_job)
@session_options
@click.option(
    "--write", is_flag=True, help="Keep the hosts where ssh and editors find them."
)
@click.option(
    "--remove",
    is_flag=True,
    help="Take the hosts of JOB away again; those of all jobs without one.",
)
@click.pass_obj
def ssh_config(
    platform: Platform,
    job_id: str | None,
    key: Path | None,
    user: str,
    *,
    write: bool,
    remove: bool,
) -> None:
    """Print ssh's settings for the running replicas of a job of yours.

    With --write an editor such as VS Code (Remote - SSH) or PyCharm lists them as
    hosts; the names are printed.
    """
    if write and remove:
        raise click.UsageError("Say --write or --remove, not both.")
    files = HostFiles.find(os.environ)
    if remove:
        _remove(files, job_id)
        return
    if job_id is None:
        raise click.UsageError("Missing argument 'JOB'.")
    path = resolve_key(key)
    with platform.client() as client:
        job = client.get_job(job_id)
        replica_hosts = open_hosts(job)
        if not replica_hosts:
            raise nothing_runs(job)
        connection = build_connection(client.settings, path, files.directory, user)
        block = block_of(client.settings, connection, job.id, replica_hosts)
        if write:
            _write(files, client, block)
        else:
            click.echo(block.text, nl=False)


def _write(files: HostFiles, client: Client, block: Block) -> None:
    files.keep(client, block)
    for host in block.hosts:
        click.echo(host)
    click.echo(
        f"Your editor lists these hosts now; ssh knows them too. {files.user_file} "
        f"reads {files.ours}. Undo it with: mofang ssh-config --remove",
        err=True,
    )
    kept = read_config_file(config_file(os.environ))
    if kept.get("token") != client.settings.token:
        click.secho(
            "An editor that is not started from here does not find your token. Keep it "
            "with: mofang login",
            fg="yellow",
            err=True,
        )


def _remove(files: HostFiles, job_id: str | None) -> None:
    if job_id is not None and not is_job_id(job_id):
        raise InvalidError(f"{job_id[:80]!r} is not the id of a job.")
    gone = files.remove(job_id)
    message = f"Removed the hosts of {', '.join(gone)}." if gone else "There were none."
    click.echo(message, err=True)
