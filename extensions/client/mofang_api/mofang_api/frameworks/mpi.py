"""MPI: mpirun in a launcher, any program."""

from __future__ import annotations

from mofang_api.declarations import (
    Example,
    FrameworkDeclaration,
    ProcessStarter,
    RoleRule,
    workers,
)

DECLARATION = FrameworkDeclaration(
    name="mpi",
    order=40,
    title="MPI",
    form_label="MPI (mpirun)",
    description=(
        "mpirun in the launcher, which starts the ranks in the workers over SSH; the "
        "launcher computes nothing"
    ),
    roles=(
        RoleRule(
            name="launcher",
            min_replicas=1,
            max_replicas=1,
            gpu_allowed=False,
            description="runs mpirun",
        ),
        workers(),
    ),
    leader="launcher",
    success_role="launcher",
    starter=ProcessStarter.MPIRUN,
    environment="horovod",
    examples=(
        Example(
            script="mpi/train.py", options="--replicas 2 --processes 2 --set epochs=3"
        ),
    ),
    examples_show="plain MPI with `mpi4py`",
)
