"""PyTorch: torchrun in equal workers, all of which call the first."""

from __future__ import annotations

from mofang_api.declarations import (
    Example,
    FrameworkDeclaration,
    ProcessStarter,
    workers,
)

DECLARATION = FrameworkDeclaration(
    name="pytorch",
    order=10,
    title="PyTorch",
    form_label="PyTorch (torchrun)",
    description=(
        "torchrun with the replicas' ranks; one process per GPU, or as many as "
        "Processes per replica says"
    ),
    roles=(workers(description="runs the script, one process for each of its GPUs"),),
    port=29500,
    starter=ProcessStarter.TORCHRUN,
    environment="pytorch",
    examples=(
        Example(
            script="pytorch/train.py", options="--replicas 2 --set epochs=5 --follow"
        ),
    ),
    examples_show="data parallel training with `torchrun` and gloo",
)
