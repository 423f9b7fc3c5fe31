"""Estimate pi together: each process sums its share, an all-reduce adds them up.

mpirun starts it: ``mpirun -np 2 python train.py --epochs 3``.
"""

import argparse

import numpy as np
from mpi4py import MPI


def main() -> None:
    """Compute; the first process reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3, help="each ten times finer")
    asked = parser.parse_args()

    world = MPI.COMM_WORLD
    rank, size = world.Get_rank(), world.Get_size()
    print(f"rank {rank} of {size} is on {MPI.Get_processor_name()}", flush=True)

    total = np.zeros(1)
    world.Allreduce(np.array([float(rank)]), total, op=MPI.SUM)
    if rank == 0:
        print(f"all-reduce over {size} ranks: {total[0]}", flush=True)

    estimate = np.zeros(1)
    for epoch in range(asked.epochs):
        steps = 10 ** (epoch + 3)
        middles = (np.arange(rank, steps, size) + 0.5) / steps
        share = np.array([np.sum(4 / (1 + middles**2)) / steps])
        world.Allreduce(share, estimate, op=MPI.SUM)
        if rank == 0:
            print(f"{steps} steps: pi is about {estimate[0]:.8f}", flush=True)
    if rank == 0:
        print(f"pi = {estimate[0]:.4f} by {size} processes")


if __name__ == "__main__":
    main()
