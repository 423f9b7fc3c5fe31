"""Show jobs in a notebook: HTML that follows JupyterLab's theme. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from mofang_api.models import Job, JobState, Preview, QuotaCost
from mofang_api.quantities import format_bytes

_COLOURS = {
    JobState.SUBMITTED: "--jp-info-color1, #0277bd",
    JobState.QUEUED: "--jp-warn-color1, #b35c00",
    JobState.RUNNING: "--jp-brand-color1, #1565c0",
    JobState.RESTARTING: "--jp-warn-color1, #b35c00",
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


def replicas_of(job: Job) -> int:
    """Return how many replicas of all roles a job has."""
    return sum(role.replicas for role in job.spec.resolved_roles())


def remarks(job: Job) -> list[str]:
    """Return what people should know of a job beside its state, gravest first."""
    parts = [job.alert or ""]
    if job.queue is not None and not job.state.is_final:
        parts.append(f"Place {job.queue.position} of {job.queue.length} in the queue.")
    if job.attempt > 1:
        parts.append(f"Attempt {job.attempt}.")
    parts.append(job.reason or "")
    return [text for text in parts if text]


def job_html(job: Job, log: str | None = None, note: str = "") -> str:
    """Return a card of one job, with the end of a log and a remark if given.

    Args:
        job: The job.
        log: End of a log; None for no log, empty for an empty one.
        note: Remark below the state.
    """
    colour = _COLOURS[job.state]
    title = (
        f"<b>{escape(job.spec.name)}</b> <code>{escape(job.id)}</code> "
        f'<b style="color:var({colour})">{escape(job.state)}</b> {escape(age_of(job))}'
    )
    parts = [f'<div role="status" style="{_CARD.format(colour=colour)}">', title]
    for text in remarks(job):
        # A job that seems to hang should be seen among many that do not.
        is_alert = text == job.alert
        style = ' role="alert" style="color:var(--jp-error-color1, #c62828)"'
        parts.append(f"<div{style if is_alert else ''}>{escape(text)}</div>")
    if job.restarts:
        parts.append(_restarts(job))
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
        f"<td>{escape(job.spec.framework)}</td><td>{replicas_of(job)}</td>"
        f"<td>{escape(job.owner)}</td><td>{escape(age_of(job))}</td>"
        f"<td>{escape(' '.join(remarks(job)))}</td></tr>"
        for job in jobs
    )
    titles = (
        *("Job", "Name", "State", "Framework"),
        *("Replicas", "Owner", "Time", "Remarks"),
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def preview_html(preview: Preview) -> str:
    """Return what a job would be: faults first, then its cost, then the object."""
    parts = [
        f'<div role="alert">{escape(name or "job")}: {escape(message)}</div>'
        for name, message in preview.fields.items()
    ]
    titles = ("Resource", "Asked", "In use", "Limit")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    rows = "".join(
        f'<tr><th scope="row">{escape(cost.resource)}</th>{_cost(cost)}</tr>'
        for cost in preview.cost
    )
    parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    notes = (cache_text(preview.cache_bytes), *preview.notes)
    parts += [f"<div>{escape(note)}</div>" for note in notes if note]
    parts.append(f'<pre style="{_LOG}">{escape(preview.manifest)}</pre>')
    return "".join(parts)


def cache_text(cache_bytes: Mapping[str, int]) -> str:
    """Return how much of ``/cache`` replicas may use, by role; empty for none."""
    parts = (f"{role} {format_bytes(size)}" for role, size in cache_bytes.items())
    text = ", ".join(parts)
    return f"Usable in /cache: {text}." if text else ""


def amount_text(resource: str, amount: float | None) -> str:
    """Return an amount of a resource or curve as people read it; empty for None."""
    if amount is None:
        return ""
    if resource in {"cpu", "gpu", "pods"}:
        return f"{amount:.4g}"
    is_rate = resource in {"read", "write", "received", "sent"}
    return format_bytes(int(amount)) + ("/s" if is_rate else "")


def job_text(job: Job) -> str:
    """Return one line about a job."""
    parts = " ".join(remarks(job))
    return f"{job.id}: {job.state}, {age_of(job)}{f' ({parts})' if parts else ''}"


def _cost(cost: QuotaCost) -> str:
    amounts = (cost.requested, cost.used, cost.limit)
    texts = (amount_text(cost.resource, amount) for amount in amounts)
    return "".join(f"<td>{text}</td>" for text in texts)


def _restarts(job: Job) -> str:
    items = [
        escape(f"attempt {record.attempt} ended: {record.cause}")
        for record in job.restarts
    ]
    return f"<div><small>{'<br>'.join(items)}</small></div>"


def _replicas(job: Job) -> str:
    items = []
    for replica in job.replicas:
        node = f" on {replica.node}" if replica.node else ""
        code = "" if replica.exit_code is None else f", exit code {replica.exit_code}"
        reason = f": {replica.reason}" if replica.reason else ""
        items.append(escape(f"{replica.name} {replica.state}{node}{code}{reason}"))
    return f"<div><small>{' · '.join(items)}</small></div>"
