"""Horovod: ring all-reduce among processes that mpirun starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mofang_run.frameworks import mpi
from mofang_run.job.program import Program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.network.addresses import own_address


@contextmanager
def launch(replica: ReplicaContext, program: Program) -> Iterator[ProcessSpec]:
    """Do as MPI does, and keep NCCL and Gloo to the network of the pod too."""
    interface = own_address().interface
    for name in ("NCCL_SOCKET_IFNAME", "HOROVOD_GLOO_IFACE"):
        replica.environment.setdefault(name, interface)
    with mpi.launch(replica, program) as launched:
        yield launched


report_failure = mpi.report_failure
