"""JAX: equal workers that meet by ``jax.distributed``, one process in each.

The variables are those of Kubeflow Trainer's runtime for JAX.
"""

from __future__ import annotations

from mofang_api.declarations import Example, FrameworkDeclaration, workers

DECLARATION = FrameworkDeclaration(
    name="jax",
    order=25,
    title="JAX",
    form_label="JAX (jax.distributed)",
    description=(
        "the program in every worker, with its number and the address of the first, "
        "the coordinator"
    ),
    roles=(workers(description="runs the script; the first coordinates"),),
    port=8476,
    variables={
        "JAX_COORDINATOR_ADDRESS": "{leader_host}:{port}",
        "JAX_NUM_PROCESSES": "{replicas}",
        "JAX_PROCESS_ID": "{rank}",
    },
    environment="jax",
    examples=(Example(script="jax/train.py", options="--replicas 2 --set epochs=20"),),
    examples_show="data parallel training with `jax.distributed` and gloo",
)
