"""Tables of jobs for a terminal. What comes from others is shown, never obeyed."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mofang.display import age_of
from mofang.models import Job, JobState

_STYLES = {
    JobState.SUBMITTED: "cyan",
    JobState.QUEUED: "yellow",
    JobState.RUNNING: "blue",
    JobState.SUCCEEDED: "green",
    JobState.FAILED: "red",
    JobState.CANCELLING: "yellow",
    JobState.CANCELLED: "bright_black",
}

WIDE = 200
"""Columns where nobody looks: a program reads the table, and wants all of it."""


def console() -> Console:
    """Return where tables go; colours only for people who want them."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDE)


def jobs_table(jobs: Iterable[Job]) -> Table:
    """Return one line for each job."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("JOB", no_wrap=True)
    for title in ("NAME", "STATE", "REPLICAS", "OWNER", "TIME", "REASON"):
        table.add_column(title, overflow="fold")
    for job in jobs:
        table.add_row(
            _text(job.id),
            _text(job.spec.name),
            Text(job.state, style=_STYLES[job.state]),
            str(job.spec.replicas),
            _text(job.owner),
            age_of(job),
            _text(job.reason),
        )
    return table


def job_table(job: Job) -> Table:
    """Return all about one job."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    resources = job.spec.resources
    rows = {
        "Job": _text(job.id),
        "Name": _text(job.spec.name),
        "State": Text(job.state, style=_STYLES[job.state]),
        "Reason": _text(job.reason),
        "Owner": _text(f"{job.owner} in {job.project}"),
        "Time": _text(age_of(job)),
        "Script": _text(" ".join([job.spec.script, *job.spec.arguments])),
        "Image": _text(job.spec.image),
        "Each replica": _text(
            f"cpu {resources.cpu}, memory {resources.memory}, gpu {resources.gpu}"
        ),
    }
    for title, value in rows.items():
        if value.plain:
            table.add_row(title, value)
    return table


def replicas_table(job: Job) -> Table:
    """Return one line for each replica of a job."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("REPLICA", "STATE", "NODE", "EXIT", "REASON"):
        table.add_column(title, overflow="fold")
    for replica in job.replicas:
        code = "" if replica.exit_code is None else str(replica.exit_code)
        table.add_row(
            _text(replica.name),
            replica.state,
            _text(replica.node),
            code,
            _text(replica.reason),
        )
    return table


def _text(value: str | None) -> Text:
    # Escape sequences in a name or reason must not reach the terminal.
    return Text("".join(c if c.isprintable() else " " for c in value or ""))
