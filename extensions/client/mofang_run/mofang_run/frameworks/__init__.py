"""Frameworks: the process that each wants started in a replica. One table by name.

A framework is a context: entering it waits for peers and starts what must be there
before the process, leaving it ends that again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from mofang_run.frameworks import (
    horovod,
    mpi,
    pytorch,
    ray,
    single,
    spark,
    tensorflow,
    xgboost,
)

if TYPE_CHECKING:
    from mofang_run.job.program import Program
    from mofang_run.job.replica import Launch, Replica

    Framework = Callable[[Replica, Program], AbstractContextManager[Launch]]

FRAMEWORKS: dict[str, Framework] = {
    "pytorch": pytorch.launch,
    "tensorflow": tensorflow.launch,
    "horovod": horovod.launch,
    "mpi": mpi.launch,
    "xgboost": xgboost.launch,
    "spark": spark.launch,
    "ray": ray.launch,
    "single": single.launch,
}
