"""TensorFlow: TF_CONFIG in every replica; parameter servers if the job has some."""

from __future__ import annotations

from mofang_api.declarations import (
    MAX_REPLICAS,
    Example,
    FrameworkDeclaration,
    RoleRule,
    workers,
)

DECLARATION = FrameworkDeclaration(
    name="tensorflow",
    order=20,
    title="TensorFlow",
    form_label="TensorFlow (TF_CONFIG)",
    description="the program, with TF_CONFIG set",
    roles=(
        RoleRule(
            name="chief",
            min_replicas=0,
            max_replicas=1,
            default_replicas=0,
            gpu_allowed=False,
            required_by="ps",
            description="coordinates parameter servers and workers, saves checkpoints",
        ),
        workers(),
        RoleRule(
            name="ps",
            min_replicas=0,
            max_replicas=MAX_REPLICAS,
            default_replicas=0,
            gpu_allowed=False,
            plural="parameter servers",
            description="keeps the variables",
        ),
    ),
    success_role="chief",
    port=2222,
    environment="tensorflow",
    examples=(
        Example(
            script="tensorflow/parameter_server.py",
            options="--replicas 2 --role ps=1",
        ),
        Example(script="tensorflow/multi_worker.py", options="--replicas 3"),
    ),
    examples_show="parameter servers; workers that mirror each other",
)
