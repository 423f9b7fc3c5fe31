"""Commands that list jobs and show one."""

from __future__ import annotations

from typing import Any

import click

from mofang.cli.app import Platform, app
from mofang.cli.filters import job_filters, read_filter
from mofang.cli.outputs import (
    job_argument,
    output_option,
    print_change,
    print_model,
    print_tables,
    watch_option,
)
from mofang.cli.tables import job_tables, jobs_table
from mofang.cli.watching import (
    show_changes,
    watch_events,
    watch_job,
    watch_lists,
)
from mofang.client import Client
from mofang.endpoints import JobFilter


@app.command()
@job_filters
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@watch_option
@output_option
@click.pass_obj
def jobs(
    platform: Platform, /, *, watch: bool, limit: int, output: str, **values: Any
) -> None:
    """List the project's jobs, newest first."""
    with platform.client() as client:
        wanted = read_filter(values, client.settings)
        if watch and output == "table":
            show_changes(
                [jobs_table(each)] for each in watch_lists(client, limit, wanted)
            )
        elif watch:
            for event in watch_events(client, limit, wanted):
                print_change(event, output, [event.job.id])
        else:
            _list(client, limit, wanted, output)


@app.command()
@job_argument
@watch_option
@output_option
@click.pass_obj
def get(platform: Platform, job_id: str, *, watch: bool, output: str) -> None:
    """Show all about a job: state, place in the queue, restarts, replicas."""
    with platform.client() as client:
        if watch and output == "table":
            show_changes(job_tables(job) for job in watch_job(client, job_id))
        elif watch:
            for job in watch_job(client, job_id):
                print_change(job, output, [job.id])
        else:
            job = client.get_job(job_id)
            if output == "table":
                print_tables(job_tables(job))
            else:
                print_model(job, output, [job.id])


for name in ("show", "status"):
    app.add_command(
        click.Command(
            name, callback=get.callback, params=get.params, help=get.help, hidden=True
        )
    )


def _list(client: Client, limit: int, wanted: JobFilter, output: str) -> None:
    page = client.list_jobs(limit, **wanted)
    if output != "table":
        print_model(page, output, [job.id for job in page.jobs])
        return
    if not page.jobs:
        which = "such jobs in this project." if wanted else "jobs in this project yet."
        click.echo(f"No {which}", err=True)
        return
    print_tables([jobs_table(page.jobs)])
    if page.total and page.total > len(page.jobs):
        click.echo(
            f"The newest {len(page.jobs)} of {page.total}; see more with --limit.",
            err=True,
        )
