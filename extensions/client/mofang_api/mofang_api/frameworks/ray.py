"""Ray: a cluster for the time of the job; its head runs the script."""

from __future__ import annotations

from mofang_api.declarations import (
    Example,
    FrameworkDeclaration,
    RoleRule,
    workers,
)

DECLARATION = FrameworkDeclaration(
    name="ray",
    order=70,
    title="Ray",
    form_label="Ray",
    description="a Ray cluster for the time of the job; the head runs the script",
    roles=(
        RoleRule(
            name="head", min_replicas=1, max_replicas=1, description="runs the script"
        ),
        workers(min_replicas=0),
    ),
    leader="head",
    success_role="head",
    port=6379,
    shares_secret=True,
    sets_threads=False,
    environment="ray",
    examples=(Example(script="ray/tasks.py", options="--replicas 1 --set epochs=10"),),
    examples_show="tasks spread over a cluster of your own",
)
