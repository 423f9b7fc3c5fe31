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
            least=1,
            most=1,
            takes_gpu=False,
            meaning="is the cluster's master and runs the script",
        ),
        workers(),
    ),
    leader="driver",
    success_role="driver",
    port=7077,
    sets_threads=False,
    environment="spark",
    examples=(
        Example(script="spark/word_count.py", options="--replicas 2 --set epochs=100"),
    ),
    examples_show="words counted on a cluster of your own",
)
