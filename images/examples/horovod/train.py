"""Fit a line with several processes that share their gradients through Horovod.

mpirun starts it: ``mpirun -np 2 python train.py --epochs 5``.
"""

import argparse
import os

import horovod.torch as hvd
import torch
from torch.utils.tensorboard import SummaryWriter

import mofang


def main() -> None:
    """Train; the first process reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    asked = parser.parse_args()

    hvd.init()
    rank, size = hvd.rank(), hvd.size()
    is_first = rank == 0
    print(f"rank {rank} of {size} is there", flush=True)

    total = hvd.allreduce(torch.tensor(float(rank)), op=hvd.Sum)
    if is_first:
        print(f"all-reduce over {size} ranks: {total.item()}", flush=True)

    # Every process has rows of its own: the seed says which.
    random = torch.Generator().manual_seed(rank)
    x = torch.randn(512, 1, generator=random)
    y = 2 * x - 3 + 0.1 * torch.randn(512, 1, generator=random)

    model = torch.nn.Linear(1, 1)
    optimizer = hvd.DistributedOptimizer(
        torch.optim.SGD(model.parameters(), lr=asked.learning_rate),
        named_parameters=model.named_parameters(),
    )
    hvd.broadcast_parameters(model.state_dict(), root_rank=0)
    directory = os.environ.get("TRAIN_URL")
    scalars = SummaryWriter(directory) if directory and is_first else None
    for epoch in range(asked.epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        if scalars:
            scalars.add_scalar("loss", loss.item(), epoch)
        if is_first and epoch % 5 == 0:
            print(f"epoch {epoch}: loss {loss.item():.4f}", flush=True)
    if scalars:
        scalars.close()
    if is_first:
        slope, offset = (each.item() for each in model.parameters())
        # Shown where jobs are compared.
        mofang.report(loss=loss.item(), slope=slope, offset=offset)
        print(f"fitted y = {slope:.1f} x + {offset:.1f} with {size} processes")
    hvd.shutdown()


if __name__ == "__main__":
    main()
