"""Fit a line with several processes that share one array (jax.distributed, gloo).

``JAX_COORDINATOR_ADDRESS``, ``JAX_NUM_PROCESSES`` and ``JAX_PROCESS_ID`` say who is
who; without them one process does it alone.
"""

import argparse
import os

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from tensorboard.summary import Writer

import mofang


def join() -> tuple[int, int]:
    """Meet the other processes; return this one's number and how many there are."""
    size = int(os.environ.get("JAX_NUM_PROCESSES", "1"))
    rank = int(os.environ.get("JAX_PROCESS_ID", "0"))
    if size > 1:
        address = os.environ["JAX_COORDINATOR_ADDRESS"]
        jax.distributed.initialize(address, num_processes=size, process_id=rank)
    return rank, size


def line(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of y = 2 x - 3 with a little noise, the same in every process."""
    random = np.random.default_rng(1)
    x = random.standard_normal(count, dtype=np.float32)
    return x, 2 * x - 3 + 0.1 * random.standard_normal(count, dtype=np.float32)


@jax.jit
def mean_error(weights: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the loss over the rows of all processes."""
    return jnp.mean((weights[0] * x + weights[1] - y) ** 2)


@jax.jit
def step(weights: jax.Array, x: jax.Array, y: jax.Array, rate: float) -> jax.Array:
    """Descend once; the compiler adds up the gradients of all processes."""
    return weights - rate * jax.grad(mean_error)(weights, x, y)


def main() -> None:
    """Train; the first process reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    asked = parser.parse_args()
    rank, size = join()
    is_first = rank == 0
    print(f"rank {rank} of {size} is there", flush=True)

    # One device per process here; each has its part of every array that is split.
    mesh = jax.make_mesh((jax.device_count(),), ("rows",))
    split = NamedSharding(mesh, PartitionSpec("rows"))
    own = np.full(jax.local_device_count(), rank, dtype=np.float32)
    ranks = jax.make_array_from_process_local_data(split, own)
    total = jax.jit(jnp.sum)(ranks)
    if is_first:
        print(f"all-reduce over {size} ranks: {total}", flush=True)

    x, y = (
        jax.make_array_from_process_local_data(split, each[rank::size])
        for each in line(2048 // size * size)
    )
    weights = jax.device_put(
        np.zeros(2, dtype=np.float32), NamedSharding(mesh, PartitionSpec())
    )
    directory = os.environ.get("TRAIN_URL")
    scalars = Writer(directory) if directory and is_first else None
    for epoch in range(asked.epochs):
        weights = step(weights, x, y, asked.learning_rate)
        loss = float(mean_error(weights, x, y))
        if scalars:
            scalars.add_scalar("loss", loss, epoch)
        if is_first and epoch % 5 == 0:
            print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
    if scalars:
        scalars.close()
    if is_first:
        slope, offset = (float(each) for each in weights)
        # Shown where jobs are compared.
        mofang.report(loss=loss, slope=slope, offset=offset)
        print(f"fitted y = {slope:.1f} x + {offset:.1f} with {size} processes")


if __name__ == "__main__":
    main()
