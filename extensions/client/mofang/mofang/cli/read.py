"""Commands that look into jobs: what they used, how two of them differ."""

from __future__ import annotations

import click

from mofang.api import compare as compare_jobs
from mofang.cli.app import Platform, app
from mofang.cli.completing import complete_job
from mofang.cli.outputs import (
    job_argument,
    output_option,
    print_change,
    print_model,
    print_tables,
    watch_option,
)
from mofang.cli.tables import comparison_tables, metrics_table
from mofang.cli.watching import show_changes, watch_metrics
from mofang_api.models import JobMetrics

POINTS = 60


@app.command()
@job_argument
@click.option(
    "--points",
    type=click.IntRange(1, 2000),
    default=POINTS,
    show_default=True,
    help="Points of each curve.",
)
@watch_option
@output_option
@click.pass_obj
def metrics(
    platform: Platform, job_id: str, *, points: int, watch: bool, output: str
) -> None:
    """Show what a job's replicas used: CPU, memory, GPU, disk and network."""
    with platform.client() as client:
        if watch and output == "table":
            watched = watch_metrics(client, job_id, points)
            show_changes([metrics_table(each)] for each in watched)
        elif watch:
            for each in watch_metrics(client, job_id, points):
                print_change(each, output, _replicas(each))
        else:
            found = client.metrics(job_id, points)
            if output == "table":
                print_tables([metrics_table(found)])
            else:
                print_model(found, output, _replicas(found))


@app.command()
@click.argument("left", metavar="JOB", shell_complete=complete_job)
@click.argument("right", metavar="OTHER", shell_complete=complete_job)
@output_option
@click.pass_obj
def compare(platform: Platform, left: str, right: str, output: str) -> None:
    """Show how JOB and OTHER differ in settings, and what came of both."""
    with platform.client() as client:
        found = compare_jobs(left, right, client=client)
    if output == "table":
        print_tables(comparison_tables(found))
    else:
        print_model(found.as_dict(), output, [each.name for each in found.settings])


def _replicas(metrics: JobMetrics) -> list[str]:
    return [f"{each.role}-{each.index}" for each in metrics.replicas]
