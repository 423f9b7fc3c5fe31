"""Follow jobs as they change, over broken connections, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.live import Live

from mofang.calls import JobFilter
from mofang.cli.tables import console
from mofang.client import Client
from mofang.errors import PlatformError, UnreachableError
from mofang.models import Job, JobEvent, JobMetrics
from mofang.streams import Patience

PAUSE_SECONDS = 2.0
METRICS_PAUSE_SECONDS = 10.0


def watch_lists(client: Client, limit: int, wanted: JobFilter) -> Iterator[list[Job]]:
    """Yield the newest jobs, again after each change, without end.

    Raises:
        MofangError: The platform was away for too long, or refuses.
    """
    patience = Patience()
    while True:
        try:
            with client.watch() as events:
                found = client.list_jobs(limit, **wanted).jobs
                known = {job.id: job for job in found}
                patience.succeeded()
                yield _newest(known.values(), limit)
                for event in events:
                    _apply(known, event, wanted)
                    yield _newest(known.values(), limit)
        except (UnreachableError, PlatformError) as error:
            patience.failed(error)
        time.sleep(PAUSE_SECONDS)


def watch_events(client: Client, wanted: JobFilter) -> Iterator[JobEvent]:
    """Yield each change of jobs that a filter leaves, until the connection ends."""
    with client.watch() as events:
        yield from (event for event in events if is_wanted(event.job, wanted))


def watch_job(client: Client, job_id: str) -> Iterator[Job]:
    """Yield a job, again after each change, until it has ended."""
    seen: Job | None = None
    patience = Patience()
    while seen is None or not seen.state.is_final:
        if seen is not None:
            time.sleep(PAUSE_SECONDS)
        try:
            job = client.get_job(job_id)
        except (UnreachableError, PlatformError) as error:
            patience.failed(error)
            time.sleep(PAUSE_SECONDS)
            continue
        patience.succeeded()
        if job != seen:
            seen = job
            yield job


def watch_metrics(client: Client, job_id: str, points: int) -> Iterator[JobMetrics]:
    """Yield what a job's replicas used, again and again until it has ended."""
    patience = Patience()
    while True:
        try:
            # In this order, so that the last look is after the end.
            is_over = client.get_job(job_id).state.is_final
            yield client.metrics(job_id, points)
            patience.succeeded()
        except (UnreachableError, PlatformError) as error:
            patience.failed(error)
        else:
            if is_over:
                return
        time.sleep(METRICS_PAUSE_SECONDS)


def show_changes(pictures: Iterable[Sequence[RenderableType]]) -> None:
    """Show tables that stay up to date until Ctrl-C."""
    try:
        with Live(console=console(), auto_refresh=False) as live:
            for tables in pictures:
                live.update(Group(*tables), refresh=True)
    except KeyboardInterrupt:
        return


def is_wanted(job: Job, wanted: JobFilter) -> bool:
    """Say of a job that changed whether a list with a filter would hold it."""
    text = (wanted.get("search") or "").casefold()
    states = wanted.get("state") or [job.state]
    return (
        job.state in ([states] if isinstance(states, str) else states)
        and job.owner == (wanted.get("owner") or job.owner)
        and job.spec.framework == (wanted.get("framework") or job.spec.framework)
        and (text in job.id or text in job.spec.name.casefold())
    )


def _apply(known: dict[str, Job], event: JobEvent, wanted: JobFilter) -> None:
    if event.type == "deleted" or not is_wanted(event.job, wanted):
        known.pop(event.job.id, None)
    else:
        known[event.job.id] = event.job


def _newest(jobs: Iterable[Job], limit: int) -> list[Job]:
    return sorted(jobs, key=lambda job: job.created, reverse=True)[:limit]
