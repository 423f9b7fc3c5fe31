"""Spark: a standalone cluster for the time of the job; the driver runs the script."""

from __future__ import annotations

from mofang_api.declarations import (
    Example,
    FrameworkDeclaration,
    RoleRule,
    workers,
)

DECLARATION = FrameworkDeclaration(
    name="spark",
    order=60,
    title="Spark",
    form_label="Spark",
    description=(
        "a standalone cluster for the time of the job; the driver runs the script"
    ),
    roles=(
        RoleRule(
            name="driver",
            min_replicas=1,
            max_replicas=1,
            gpu_allowed=False,
            description="is the cluster's master and runs the script",
        ),
        workers(),
    ),
    leader="driver",
    success_role="driver",
    port=7077,
    shares_secret=True,
    sets_threads=False,
    environment="spark",
    examples=(
        Example(script="spark/word_count.py", options="--replicas 2 --set epochs=100"),
    ),
    examples_show="words counted on a cluster of your own",
)
