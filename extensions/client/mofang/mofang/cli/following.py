"""Follow a job in a terminal until it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from mofang.cli.app import INTERRUPTED, JOB_FAILED
from mofang.cli.plain_text import plain_chunks
from mofang.client import Client
from mofang.display import job_text
from mofang.errors import NotFoundError
from mofang_api.models import JobState

_REPLICA = re.compile(r"([a-z]{1,20})-([0-9]{1,4})")


def read_replica(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, int] | None:
    """Return role and index of ``worker-1``.

    Args:
        ctx: Of click.
        parameter: Of click.
        value: Such as ``worker-1``; None where it is not given.
    """
    if value is None:
        return None
    match = _REPLICA.fullmatch(value)
    if match is None:
        raise click.BadParameter("write it like worker-0.", ctx, parameter)
    return match[1], int(match[2])


def write_all(chunks: Iterable[bytes], *, is_raw: bool) -> None:
    """Copy a log to standard output as it comes, for a terminal unless it is raw."""
    for chunk in chunks if is_raw else plain_chunks(chunks):
        click.echo(chunk, nl=False)


def follow(
    client: Client, job_id: str, replica: tuple[str, int], *, is_raw: bool = False
) -> int:
    """Show a log until the job ends; return the exit code.

    Args:
        client: Open client.
        job_id: Id of the job, such as ``digits-x1y2z3``.
        replica: Role and index of the replica whose log is shown.
        is_raw: Whether it is shown as it was written.
    """
    try:
        try:
            write_all(client.follow_log(job_id, *replica), is_raw=is_raw)
        except NotFoundError as error:
            # A job may end before it has a log; how it ended matters more.
            click.secho(str(error), dim=True, err=True)
        job = client.wait(job_id)
    except KeyboardInterrupt:
        click.echo(
            f"\nThe job goes on. See it again with: mofang logs {job_id} --follow\n"
            f"End it with: mofang cancel {job_id}",
            err=True,
        )
        return INTERRUPTED
    succeeded = job.state is JobState.SUCCEEDED
    click.secho(job_text(job), fg="green" if succeeded else "red", err=True)
    return 0 if succeeded else JOB_FAILED
