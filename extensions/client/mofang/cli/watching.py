"""Show a project's jobs as they change, over broken connections."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import click
from rich.live import Live

from mofang.cli.tables import console, jobs_table
from mofang.client import Client
from mofang.errors import PlatformError, UnreachableError
from mofang.models import Job, JobEvent
from mofang.streams import Patience

PAUSE_SECONDS = 2.0


def job_lists(client: Client, limit: int) -> Iterator[list[Job]]:
    """Yield the newest jobs, again after each change, without end.

    Raises:
        MofangError: The platform was away for too long, or refuses.
    """
    patience = Patience()
    while True:
        try:
            with client.watch() as events:
                known = {job.id: job for job in client.list_jobs(limit).jobs}
                patience.succeeded()
                yield _newest(known.values(), limit)
                for event in events:
                    _apply(known, event)
                    yield _newest(known.values(), limit)
        except (UnreachableError, PlatformError) as error:
            patience.failed(error)
        time.sleep(PAUSE_SECONDS)


def watch_table(client: Client, limit: int) -> None:
    """Show a table that stays up to date until Ctrl-C."""
    try:
        with Live(console=console(), auto_refresh=False) as live:
            for jobs in job_lists(client, limit):
                live.update(jobs_table(jobs), refresh=True)
    except KeyboardInterrupt:
        return


def watch_json(client: Client) -> None:
    """Print one line of JSON for each change, until the connection ends."""
    with client.watch() as events:
        for event in events:
            click.echo(event.model_dump_json())


def _apply(known: dict[str, Job], event: JobEvent) -> None:
    if event.type == "deleted":
        known.pop(event.job.id, None)
    else:
        known[event.job.id] = event.job


def _newest(jobs: Iterable[Job], limit: int) -> list[Job]:
    return sorted(jobs, key=lambda job: job.created, reverse=True)[:limit]
