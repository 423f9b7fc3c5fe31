"""PyTorch: one role of equal replicas, introduced to each other by torchrun.

Pure. The wrapper ``mofang-run`` builds torchrun's command line from the variables set
here; nothing of the user's is ever read by a shell.
"""

from __future__ import annotations

import math

from mofang.models import JobSpec
from mofang.quantities import parse_quantity
from mofang_hub.jobs.models import NewJob, RolePlan

WORKER = "worker"
PORT = 29500


def plan_roles(job: NewJob) -> tuple[RolePlan, ...]:
    """Return the roles of a PyTorch job: its workers.

    There is no master among them: worker 0 lends its address, and the operator
    calls the job done when all workers are.
    """
    spec = job.spec
    processes = max(spec.resources.gpu, 1)
    platform = {
        "MOFANG_NODES": str(spec.replicas),
        "MOFANG_MASTER": f"{job.id}-{WORKER}-0",
        "MOFANG_MASTER_PORT": str(PORT),
        "MOFANG_PROCESSES_PER_NODE": str(processes),
    }
    return (
        RolePlan(
            name=WORKER,
            replicas=spec.replicas,
            command=("mofang-run", "--framework", "pytorch", "--", *_call(spec)),
            resources=spec.resources,
            environment={**_threads(spec, processes), **spec.environment, **platform},
            port=PORT,
        ),
    )


def _call(spec: JobSpec) -> tuple[str, ...]:
    return (spec.script, *spec.arguments)


def _threads(spec: JobSpec, processes: int) -> dict[str, str]:
    # PyTorch counts the machine's cores, not the container's, and would start a
    # thread for each; sixty threads on two cores take turns instead of computing.
    cores = math.ceil(parse_quantity(spec.resources.cpu))
    return {"OMP_NUM_THREADS": str(max(cores // processes, 1))}
