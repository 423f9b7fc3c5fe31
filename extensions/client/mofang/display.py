"""Show jobs in a notebook: HTML that follows JupyterLab's theme. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from mofang.models import Job, JobState

_COLOURS = {
    JobState.SUBMITTED: "--jp-info-color1, #0277bd",
    JobState.QUEUED: "--jp-warn-color1, #b35c00",
    JobState.RUNNING: "--jp-brand-color1, #1565c0",
    JobState.SUCCEEDED: "--jp-success-color1, #2e7d32",
    JobState.FAILED: "--jp-error-color1, #c62828",
    JobState.CANCELLING: "--jp-warn-color1, #b35c00",
    JobState.CANCELLED: "--jp-ui-font-color2, #616161",
}
_CARD = (
    "border-left:3px solid var({colour});padding:4px 12px;"
    "font-family:var(--jp-ui-font-family, sans-serif)"
)
_LOG = (
    "max-height:20em;overflow:auto;margin:4px 0;"
    "font-family:var(--jp-code-font-family, monospace)"
)


def age_of(job: Job, now: datetime | None = None) -> str:
    """Return how long a job has run, or waits: ``1 h 05 min``, ``12 s``."""
    start = job.started or job.created
    end = job.finished or now or datetime.now(UTC)
    return format_seconds((end - start).total_seconds())


def format_seconds(seconds: float) -> str:
    """Return a duration in the two units that matter."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def job_html(job: Job, log: str | None = None, note: str = "") -> str:
    """Return a card of one job, with the end of a log and a remark if given."""
    colour = _COLOURS[job.state]
    title = (
        f"<b>{escape(job.spec.name)}</b> <code>{escape(job.id)}</code> "
        f'<b style="color:var({colour})">{escape(job.state)}</b> {escape(age_of(job))}'
    )
    parts = [f'<div role="status" style="{_CARD.format(colour=colour)}">', title]
    if job.reason:
        parts.append(f"<div>{escape(job.reason)}</div>")
    if job.replicas:
        parts.append(_replicas(job))
    if log:
        parts.append(f'<pre style="{_LOG}">{escape(log)}</pre>')
    if note:
        parts.append(f"<div><small>{escape(note)}</small></div>")
    return "".join([*parts, "</div>"])


def jobs_html(jobs: Sequence[Job]) -> str:
    """Return a table of jobs."""
    if not jobs:
        return "<p>No jobs in this project yet.</p>"
    rows = "".join(
        f"<tr><td><code>{escape(job.id)}</code></td><td>{escape(job.spec.name)}</td>"
        f'<td style="color:var({_COLOURS[job.state]})">{escape(job.state)}</td>'
        f"<td>{job.spec.replicas}</td><td>{escape(job.owner)}</td>"
        f"<td>{escape(age_of(job))}</td><td>{escape(job.reason or '')}</td></tr>"
        for job in jobs
    )
    titles = ("Job", "Name", "State", "Replicas", "Owner", "Time", "Reason")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def job_text(job: Job) -> str:
    """Return one line about a job."""
    reason = f" ({job.reason})" if job.reason else ""
    return f"{job.id}: {job.state}, {age_of(job)}{reason}"


def _replicas(job: Job) -> str:
    items = []
    for replica in job.replicas:
        node = f" on {replica.node}" if replica.node else ""
        code = "" if replica.exit_code is None else f", exit code {replica.exit_code}"
        reason = f": {replica.reason}" if replica.reason else ""
        items.append(escape(f"{replica.name} {replica.state}{node}{code}{reason}"))
    return f"<div><small>{' · '.join(items)}</small></div>"
