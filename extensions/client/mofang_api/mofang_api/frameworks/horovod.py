"""Horovod: mpirun in a launcher, ring all-reduce among the workers."""

from __future__ import annotations

from dataclasses import replace

from mofang_api.declarations import Example
from mofang_api.frameworks import mpi

DECLARATION = replace(
    mpi.DECLARATION,
    name="horovod",
    order=30,
    title="Horovod",
    form_label="Horovod (mpirun)",
    examples=(
        Example(script="horovod/train.py", options="--replicas 2 --set epochs=20"),
    ),
    examples_show="data parallel PyTorch, started by `mpirun`",
)
