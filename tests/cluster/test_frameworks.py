"""Every framework's example runs for real, in the platform's own images."""

from typing import Any

import pytest
from cluster.test_jobs_world import World
from kubernetes_asyncio.client import CustomObjectsApi

from mofang_api.models import Job, JobState

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES = "/opt/mofang/examples"
SMALL = {"cpu": "50m", "memory": "512Mi"}

KINDS = {"trainer-v2": "TrainJob", "jobset": "JobSet", "ray-operator": "RayJob"}

FRAMEWORKS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "pytorch": (
        "pytorch",
        {"framework": "pytorch", "script": "pytorch/train.py", "replicas": 2},
        "worker/0",
        "all-reduce over 2 ranks",
    ),
    "tensorflow parameter server": (
        "tensorflow",
        {
            "framework": "tensorflow",
            "script": "tensorflow/parameter_server.py",
            "replicas": 2,
            "roles": {"ps": {"replicas": 1}},
            "resources": {"cpu": "50m", "memory": "768Mi"},
        },
        "chief/0",
        "with 2 workers and 1 parameter servers",
    ),
    "tensorflow multi-worker": (
        "tensorflow",
        {
            "framework": "tensorflow",
            "script": "tensorflow/multi_worker.py",
            "replicas": 2,
            "resources": {"cpu": "50m", "memory": "768Mi"},
        },
        "worker/0",
        "all-reduce over 2 replicas",
    ),
    "jax": (
        "jax",
        {"framework": "jax", "script": "jax/train.py", "replicas": 2},
        "worker/0",
        "all-reduce over 2 ranks: 1.0",
    ),
    "mpi": (
        "horovod",
        {"framework": "mpi", "script": "mpi/train.py", "replicas": 2},
        "launcher/0",
        "all-reduce over 2 ranks",
    ),
    "horovod": (
        "horovod",
        {"framework": "horovod", "script": "horovod/train.py", "replicas": 2},
        "launcher/0",
        "all-reduce over 2 ranks",
    ),
    "xgboost": (
        "xgboost",
        {"framework": "xgboost", "script": "xgboost/train.py", "replicas": 1},
        "master/0",
        "all-reduce over 2 ranks",
    ),
    "spark": (
        "spark",
        {
            "framework": "spark",
            "script": "spark/word_count.py",
            "replicas": 1,
            "resources": {"cpu": "50m", "memory": "1Gi"},
        },
        "driver/0",
        "different, on",
    ),
    "ray": (
        "ray",
        {
            "framework": "ray",
            "script": "ray/tasks.py",
            "replicas": 1,
            "resources": {"cpu": "50m", "memory": "1Gi"},
        },
        "head/0",
        "sum of squares",
    ),
    "single": (
        "base",
        {"framework": "single", "script": "single/train.py"},
        "worker/0",
        "loss",
    ),
    "single notebook": (
        "base",
        {
            "framework": "single",
            "script": "single/train.ipynb",
            "hyperparameters": {"epochs": 2},
        },
        "worker/0",
        "loss",
    ),
}


async def image_of(world: World, environment: str) -> str:
    where = ("mofang.dev", "v1alpha1", "environments")
    objects = CustomObjectsApi(world.api)
    found = await objects.get_cluster_custom_object(*where, environment)
    return str(found["spec"]["image"])


async def run(
    world: World, name: str, *, within: float = 180, **more: Any
) -> tuple[Job, str]:
    environment, asked, replica, _ = FRAMEWORKS[name]
    job = await world.submit(
        **{
            "resources": SMALL,
            **asked,
            "script": f"{EXAMPLES}/{asked['script']}",
            "image": await image_of(world, environment),
            **more,
        }
    )
    ended = await world.until(job, JobState.SUCCEEDED, within=within)
    log = await world.call("GET", f"/{job.id}/logs/{replica}")
    return ended, log.text


@pytest.mark.parametrize("name", FRAMEWORKS)
async def test_its_example_runs(world: World, name: str) -> None:
    ended, log = await run(world, name)

    assert FRAMEWORKS[name][3] in log
    assert ended.workload_kind in {"PyTorchJob", "TFJob", "MPIJob", "XGBoostJob"}
    assert ended.replicas[0].state == "Succeeded"


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("trainer-v2", "pytorch"),
        ("jobset", "pytorch"),
        ("trainer-v2", "jax"),
        ("jobset", "jax"),
        ("jobset", "tensorflow parameter server"),
        ("jobset", "mpi"),
        ("ray-operator", "ray"),
    ],
)
async def test_other_engines_run_it_too(world: World, engine: str, name: str) -> None:
    # KubeRay's init container asks for the head with a fifth of a core, and its head
    # runs the dashboard that takes jobs beside the script.
    memory = {"ray-operator": "2Gi"}.get(engine)
    more = {"resources": {**SMALL, "memory": memory}} if memory else {}
    ended, log = await run(world, name, engine=engine, within=300, **more)

    assert FRAMEWORKS[name][3] in log
    assert ended.workload_kind == KINDS[engine]


async def test_no_pod_of_a_job_may_ask_kubernetes_anything(world: World) -> None:
    """Nor the launcher of mpirun, which operators usually let into other pods."""
    script = world.write(
        "rights.py",
        "from pathlib import Path\n"
        "token = Path('/var/run/secrets/kubernetes.io/serviceaccount/token')\n"
        "print('token:', token.exists())\n",
    )
    job = await world.submit(
        framework="mpi",
        script=script,
        image=await image_of(world, "horovod"),
        resources=SMALL,
    )
    await world.until(job, JobState.SUCCEEDED, within=120)
    log = await world.call("GET", f"/{job.id}/logs/launcher/0")
    assert "token: False" in log.text
