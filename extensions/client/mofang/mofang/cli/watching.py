"""Follow jobs as they change, over broken connections, until Ctrl-C."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.live import Live

from mofang.cli.tables import console
from mofang.client import Client
from mofang.endpoints import JobFilter
from mofang.errors import NotFoundError, PlatformError, UnreachableError
from mofang.streams import RetryBudget
from mofang_api.models import Job, JobEvent, JobMetrics

PAUSE_SECONDS = 2.0
METRICS_PAUSE_SECONDS = 10.0


def watch_lists(client: Client, limit: int, wanted: JobFilter) -> Iterator[list[Job]]:
    """Yield the newest jobs, again after each change, without end.

    Args:
        client: Open client; used until the generator is closed.
        limit: Maximum number of jobs in a list.
        wanted: Filter; changes of other jobs are not reported.

    Raises:
        MofangError: The platform was away for too long, or refuses.
    """
    retries = RetryBudget()
    while True:
        try:
            with client.watch() as events:
                found = client.list_jobs(limit, **wanted).jobs
                known = {job.id: job for job in found}
                retries.succeeded()
                yield _newest(known.values(), limit)
                for event in events:
                    _apply(known, event, wanted)
                    yield _newest(known.values(), limit)
        except (UnreachableError, PlatformError) as error:
            retries.failed(error)
        time.sleep(retries.pause(PAUSE_SECONDS))


def watch_events(client: Client, limit: int, wanted: JobFilter) -> Iterator[JobEvent]:
    """Yield the newest jobs as added, then each change of what a filter leaves.

    What changed while the connection was broken is told when it is open again. Without
    end.

    Args:
        client: Open client; used until the generator is closed.
        limit: Maximum number of jobs reported first.
        wanted: Filter; changes of other jobs are not reported.

    Raises:
        MofangError: The platform was away for too long, or refuses.
    """
    retries = RetryBudget()
    known: dict[str, Job] = {}
    while True:
        try:
            with client.watch() as events:
                listed = client.list_jobs(limit, **wanted).jobs
                retries.succeeded()
                missed = _missed(client, listed, dict(known))
                for event in itertools.chain(missed, events):
                    # What is in the list may come as an event once more.
                    is_known = known.get(event.job.id) == event.job
                    if is_wanted(event.job, wanted) and (
                        event.type == "deleted" or not is_known
                    ):
                        yield event
                    _apply(known, event, wanted)
                    known = {job.id: job for job in _newest(known.values(), limit)}
        except (UnreachableError, PlatformError) as error:
            retries.failed(error)
        time.sleep(retries.pause(PAUSE_SECONDS))


def watch_job(client: Client, job_id: str) -> Iterator[Job]:
    """Yield a job, again after each change, until it has ended."""
    seen: Job | None = None
    retries = RetryBudget()
    while True:
        try:
            job = client.get_job(job_id)
        except (UnreachableError, PlatformError) as error:
            retries.failed(error)
        else:
            retries.succeeded()
            if job != seen:
                seen = job
                yield job
            if job.state.is_final:
                return
        time.sleep(retries.pause(PAUSE_SECONDS))


def watch_metrics(client: Client, job_id: str, points: int) -> Iterator[JobMetrics]:
    """Yield what a job's replicas used, again and again until it has ended.

    Args:
        client: Open client; used until the generator is closed.
        job_id: Id of the job, such as ``digits-x1y2z3``.
        points: Maximum number of points of each curve.
    """
    retries = RetryBudget()
    while True:
        try:
            # In this order, so that the last look is after the end.
            is_over = client.get_job(job_id).state.is_final
            yield client.metrics(job_id, points)
            retries.succeeded()
        except (UnreachableError, PlatformError) as error:
            retries.failed(error)
        else:
            if is_over:
                return
        time.sleep(retries.pause(METRICS_PAUSE_SECONDS))


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


def _missed(
    client: Client, listed: Sequence[Job], known: Mapping[str, Job]
) -> Iterator[JobEvent]:
    """Tell what happened between what was known and a new list, oldest first."""
    for job in reversed(listed):
        yield JobEvent(type="modified" if job.id in known else "added", job=job)
    for gone in known.keys() - {job.id for job in listed}:
        # Removed, or only not what is wanted any more, or not among the newest.
        try:
            yield JobEvent(type="modified", job=client.get_job(gone))
        except NotFoundError:
            yield JobEvent(type="deleted", job=known[gone])


def _apply(known: dict[str, Job], event: JobEvent, wanted: JobFilter) -> None:
    if event.type == "deleted" or not is_wanted(event.job, wanted):
        known.pop(event.job.id, None)
    else:
        known[event.job.id] = event.job


def _newest(jobs: Iterable[Job], limit: int) -> list[Job]:
    return sorted(jobs, key=lambda job: job.created, reverse=True)[:limit]
