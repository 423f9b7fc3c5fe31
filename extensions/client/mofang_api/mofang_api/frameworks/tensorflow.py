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
            least=0,
            most=1,
            default=0,
            takes_gpu=False,
            required_by="ps",
            meaning="coordinates parameter servers and workers, saves checkpoints",
        ),
        workers(),
        RoleRule(
            name="ps",
            least=0,
            most=MAX_REPLICAS,
            default=0,
            takes_gpu=False,
            plural="parameter servers",
            meaning="keeps the variables",
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
