"""The Kubeflow SDKs of the package index read the platform's jobs.

Each SDK has an environment of its own (`make test-programs`).
"""

import asyncio
import json
import os
import subprocess
from typing import Any

import pytest
from cluster.test_frameworks import SMALL, run
from cluster.test_jobs_world import KUBECONFIG, World

from mofang_api.models import JobState
from support import kubeflow_reader
from support.sdk import interpreter

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def read(package: str, kind: str, world: World, name: str) -> Any:
    """What the SDK tells of a job."""
    process = await asyncio.create_subprocess_exec(
        # Without the script's folder, whose names are not for the SDK.
        *(str(interpreter(package)), "-P", kubeflow_reader.__file__),
        *(package, kind, world.namespace, name),
        env={**os.environ, "KUBECONFIG": str(KUBECONFIG), "NO_PROXY": "*"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_a_train_job_is_read_with_its_nodes(world: World) -> None:
    job, _ = await run(world, "pytorch", engine="trainer-v2")

    told = await read("kubeflow", "TrainJob", world, job.id)

    assert told["name"] == job.id
    assert told["status"] == "Complete"
    assert told["nodes"] == 2
    assert told["runtime"] == job.id
    assert told["steps"] == {"node-0": "Succeeded", "node-1": "Succeeded"}
    assert "all-reduce over 2 ranks" in "".join(told["log"])
    assert job.id in told["listed"]


async def test_a_train_job_that_runs_is_read_so(world: World) -> None:
    script = world.write("waits.py", "import time\ntime.sleep(300)\n")
    job = await world.submit(script=script, engine="trainer-v2", resources=SMALL)
    await world.until(job, JobState.RUNNING)

    told = await read("kubeflow", "TrainJob", world, job.id)
    await world.call("POST", f"/{job.id}/cancel")

    assert told["steps"] == {"node-0": "Running"}


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("PyTorchJob", "pytorch", "all-reduce over 2 ranks"),
        ("TFJob", "tensorflow multi-worker", "all-reduce over 2 replicas"),
    ],
)
async def test_jobs_of_the_training_operator_are_read(
    world: World, kind: str, name: str, said: str
) -> None:
    job, _ = await run(world, name, engine="kubeflow-v1")

    told = await read("kubeflow-training", kind, world, job.id)

    assert (told["name"], told["kind"]) == (job.id, kind)
    assert (told["status"], told["succeeded"]) == ("Succeeded", True)
    assert f"{job.id}-worker-0" in told["pods"]
    assert said in told["logs"][f"{job.id}-worker-0"]
    assert job.id in told["listed"]
