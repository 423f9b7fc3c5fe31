"""Fit a line with several processes that share their gradients (DDP, gloo).

torchrun starts it and says by variables who is who:
``torchrun --nproc_per_node 2 train.py --epochs 5``.
"""

import argparse
import os

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler
from torch.utils.tensorboard import SummaryWriter

import mofang


def line(count: int) -> TensorDataset:
    """Return points of y = 2 x - 3 with a little noise, the same in every process."""
    random = torch.Generator().manual_seed(1)
    x = torch.randn(count, 1, generator=random)
    noise = 0.1 * torch.randn(count, 1, generator=random)
    return TensorDataset(x, 2 * x - 3 + noise)


def main() -> None:
    """Train; the first process reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    asked = parser.parse_args()

    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    is_first = rank == 0
    print(f"rank {rank} of {size} is there", flush=True)

    total = torch.tensor(float(rank))
    dist.all_reduce(total)
    if is_first:
        print(f"all-reduce over {size} ranks: {total.item()}", flush=True)

    model = DistributedDataParallel(torch.nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=asked.learning_rate)
    data = line(2048)
    sampler = DistributedSampler(data, num_replicas=size, rank=rank)
    batches = DataLoader(data, batch_size=asked.batch_size, sampler=sampler)
    directory = os.environ.get("TRAIN_URL")
    scalars = SummaryWriter(directory) if directory and is_first else None
    for epoch in range(asked.epochs):
        sampler.set_epoch(epoch)
        summed = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            summed += loss.item()
        mean = summed / len(batches)
        if scalars:
            scalars.add_scalar("loss", mean, epoch)
        if is_first:
            print(f"epoch {epoch}: loss {mean:.4f}", flush=True)
    if scalars:
        scalars.close()
    if is_first:
        slope, offset = (each.item() for each in model.module.parameters())
        # Shown where jobs are compared.
        mofang.report(loss=mean, slope=slope, offset=offset)
        print(f"fitted y = {slope:.1f} x + {offset:.1f} with {size} processes")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
