"""What the wrapper knows of each framework.

Made from ``mofang_api.frameworks`` by ``extensions/client/write_frameworks.py``: edit
there.
"""

from __future__ import annotations

from typing import NamedTuple


class Declaration(NamedTuple):
    """One framework; ``mofang_api.declarations`` says what the fields mean."""

    title: str
    port: int
    leader: str
    success_role: str
    environment: str
    variables: dict[str, str]


DEFAULT_FRAMEWORK = "pytorch"

FRAMEWORKS: dict[str, Declaration] = {
    "pytorch": Declaration(
        title="PyTorch",
        port=29500,
        leader="worker",
        success_role="",
        environment="pytorch",
        variables={},
    ),
    "tensorflow": Declaration(
        title="TensorFlow",
        port=2222,
        leader="worker",
        success_role="chief",
        environment="tensorflow",
        variables={},
    ),
    "jax": Declaration(
        title="JAX",
        port=8476,
        leader="worker",
        success_role="",
        environment="jax",
        variables={
            "JAX_COORDINATOR_ADDRESS": "{leader_host}:{port}",
            "JAX_NUM_PROCESSES": "{replicas}",
            "JAX_PROCESS_ID": "{rank}",
        },
    ),
    "horovod": Declaration(
        title="Horovod",
        port=0,
        leader="launcher",
        success_role="launcher",
        environment="horovod",
        variables={},
    ),
    "mpi": Declaration(
        title="MPI",
        port=0,
        leader="launcher",
        success_role="launcher",
        environment="horovod",
        variables={},
    ),
    "xgboost": Declaration(
        title="XGBoost",
        port=9999,
        leader="master",
        success_role="master",
        environment="xgboost",
        variables={
            "MASTER_ADDR": "{leader_host}",
            "MASTER_PORT": "{port}",
            "WORLD_SIZE": "{replicas}",
            "RANK": "{rank}",
        },
    ),
    "spark": Declaration(
        title="Spark",
        port=7077,
        leader="driver",
        success_role="driver",
        environment="spark",
        variables={},
    ),
    "ray": Declaration(
        title="Ray",
        port=6379,
        leader="head",
        success_role="head",
        environment="ray",
        variables={},
    ),
    "single": Declaration(
        title="Single process",
        port=0,
        leader="worker",
        success_role="",
        environment="base",
        variables={},
    ),
}
