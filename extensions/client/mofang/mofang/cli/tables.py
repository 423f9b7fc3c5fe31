"""Tables for a terminal. What comes from others is shown, never obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mofang.comparison import Comparison, Difference
from mofang.display import age_of, amount_text, remarks, replicas_of
from mofang_api.models import Environment, Job, JobMetrics, JobState, QuotaCost, Series
from mofang_api.quantities import format_bytes

_STYLES = {
    JobState.SUBMITTED: "cyan",
    JobState.QUEUED: "yellow",
    JobState.RUNNING: "blue",
    JobState.RESTARTING: "yellow",
    JobState.SUCCEEDED: "green",
    JobState.FAILED: "red",
    JobState.CANCELLING: "yellow",
    JobState.CANCELLED: "bright_black",
}

WIDE = 200
"""Columns where nobody looks: a program reads the table, and wants all of it."""

BARS = "▁▂▃▄▅▆▇█"
SPARKS = 30
"""Characters of a curve."""


def console(*, stderr: bool = False) -> Console:
    """Return where tables go; colours only for people who want them."""
    found = Console(highlight=False, stderr=stderr)
    if found.is_terminal:
        return found
    return Console(highlight=False, stderr=stderr, width=WIDE)


def jobs_table(jobs: Iterable[Job]) -> Table:
    """Return one line for each job."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("JOB", no_wrap=True)
    titles = ("NAME", "STATE", "FRAMEWORK", "REPLICAS", "OWNER", "TIME", "REMARKS")
    for title in titles:
        table.add_column(title, overflow="fold")
    for job in jobs:
        table.add_row(
            _text(job.id),
            _text(job.spec.name),
            Text(job.state, style=_STYLES[job.state]),
            job.spec.framework,
            str(replicas_of(job)),
            _text(job.owner),
            age_of(job),
            _text(" ".join(remarks(job)), style="red" if job.alert else ""),
        )
    return table


def environments_table(environments: Iterable[Environment]) -> Table:
    """Return one line for each environment."""
    return _table(
        ("ENVIRONMENT", "TITLE", "FRAMEWORKS", "REMARKS"),
        (
            (
                each.name,
                each.display_name,
                ", ".join(each.frameworks),
                each.unavailable_reason or each.description,
            )
            for each in environments
        ),
    )


def job_tables(job: Job) -> list[Table]:
    """Return all about one job: itself, its restarts, its replicas."""
    tables = [job_table(job)]
    if job.restarts:
        tables.append(restarts_table(job))
    if job.replicas:
        tables.append(replicas_table(job))
    return tables


def job_table(job: Job) -> Table:
    """Return what a job is and how it does."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    spec, queue = job.spec, job.queue
    rows = {
        "Job": _text(job.id),
        "Name": _text(spec.name),
        "State": Text(job.state, style=_STYLES[job.state]),
        "Alert": _text(job.alert, style="red"),
        "Reason": _text(job.reason),
        "Queue": _text(f"place {queue.position} of {queue.length}" if queue else ""),
        "Attempt": _text(_attempt(job)),
        "Owner": _text(f"{job.owner} in {job.project}"),
        "Time": _text(age_of(job)),
        "Framework": _text(f"{spec.framework} {job.workload_kind}".strip()),
        "Command": _text(
            " ".join([spec.script, *spec.command, *spec.arguments]).strip()
        ),
        "Parameters": _text(" ".join(spec.parameter_arguments())),
        "Inputs": _text(", ".join(f"{p.name}={p.path}" for p in spec.inputs)),
        "Outputs": _text(", ".join(f"{p.name}={p.path}" for p in spec.outputs)),
        "Code": _text(f"copy of {spec.code.directory}" if spec.code else ""),
        "Environment": _text(spec.environment),
        "Image": _text(spec.image),
        "Rerun of": _text(spec.rerun_of),
    }
    for role in spec.resolved_roles():
        each = role.resources
        cache = job.cache_bytes.get(role.name)
        rows[f"{role.replicas} {role.name}"] = _text(
            f"cpu {each.cpu}, memory {each.memory}, gpu {each.gpu}"
            + (f", {format_bytes(cache)} usable in /cache" if cache else "")
        )
    for title, value in rows.items():
        if value.plain:
            table.add_row(title, value)
    return table


def restarts_table(job: Job) -> Table:
    """Return one line for each restart of a job."""
    titles = ("ATTEMPT", "ENDED", "REPLICA", "NODE", "AVOIDED", "CAUSE")
    return _table(
        titles,
        (
            (
                str(record.attempt),
                f"{record.at:%Y-%m-%d %H:%M:%S}",
                record.replica,
                record.node,
                "yes" if record.node_excluded else "",
                record.cause,
            )
            for record in job.restarts
        ),
    )


def replicas_table(job: Job) -> Table:
    """Return one line for each replica of a job."""
    return _table(
        ("REPLICA", "STATE", "NODE", "EXIT", "REASON"),
        (
            (
                replica.name,
                replica.state,
                replica.node,
                "" if replica.exit_code is None else str(replica.exit_code),
                replica.reason,
            )
            for replica in job.replicas
        ),
    )


def cost_table(costs: Iterable[QuotaCost]) -> Table:
    """Return what a job would take of its project's quota."""
    rows = []
    for cost in costs:
        amounts = (cost.requested, cost.used, cost.limit)
        shown = [amount_text(cost.resource, amount) for amount in amounts]
        left = None if cost.limit is None else cost.limit - cost.used
        fits = "" if left is None else "yes" if cost.requested <= left else "not now"
        rows.append((cost.resource, *shown, fits))
    return _table(("RESOURCE", "ASKED", "IN USE", "LIMIT", "FITS"), rows)


def metrics_table(metrics: JobMetrics) -> Table:
    """Return one line for each curve of each replica."""
    rows: list[tuple[str | None, ...]] = []
    for replica in metrics.replicas:
        name = f"{replica.role}-{replica.index}"
        if replica.note:
            rows.append((name, "", "", "", "", replica.note))
        rows += [(name, *_curve(series)) for series in replica.series]
    return _table(("REPLICA", "WHAT", "LAST", "MOST", "LIMIT", "CURVE"), rows)


def comparison_tables(found: Comparison) -> list[Table]:
    """Return how two jobs differ, and what came of them."""
    return [
        _differences("SETTING", found, found.settings),
        _differences("OUTCOME", found, found.outcomes),
    ]


def sparkline(values: Sequence[float | None], limit: float | None = None) -> str:
    """Return a curve in one line; a gap where nothing was measured."""
    step = max(1, -(-len(values) // SPARKS))
    most = limit or max((value for value in values if value is not None), default=0)
    line = ""
    for start in range(0, len(values), step):
        known = [value for value in values[start : start + step] if value is not None]
        share = max(known, default=0) / most if most else 0
        bar = BARS[min(len(BARS) - 1, max(0, int(share * len(BARS))))]
        line += bar if known else " "
    return line


def _curve(series: Series) -> tuple[str, ...]:
    known = [value for value in series.values if value is not None]
    last, most = (known[-1], max(known)) if known else (None, None)
    curve = sparkline(series.values, series.limit)
    amounts = (amount_text(series.name, each) for each in (last, most, series.limit))
    return series.name, *amounts, curve


def _differences(
    title: str, found: Comparison, differences: Iterable[Difference]
) -> Table:
    rows = ((each.name, each.left, each.right) for each in differences)
    return _table((title, found.left, found.right), rows)


def _attempt(job: Job) -> str:
    if job.spec.restart is None:
        return str(job.attempt) if job.attempt > 1 else ""
    return f"{job.attempt} of {job.spec.restart.limit + 1} at most"


def _table(titles: Iterable[str], rows: Iterable[tuple[str | None, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _text(value: str | None, style: str = "") -> Text:
    # Escape sequences in a name or reason must not reach the terminal.
    plain = "".join(c if c.isprintable() else " " for c in value or "")
    return Text(plain, style=style)
