"""Learn handwritten digits with PyTorch and Horovod."""

import argparse
from pathlib import Path

import horovod.torch as hvd
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def average(value: torch.Tensor, name: str) -> float:
    """Return the mean over all processes."""
    return hvd.allreduce(value, name=name).item()


def main() -> None:
    """Train; the first process saves the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("horovod.pt"))
    asked = parser.parse_args()
    hvd.init()
    torch.set_num_threads(1)
    torch.manual_seed(hvd.rank())

    images, labels = load_digits(return_X_y=True)
    pixels = torch.tensor(images, dtype=torch.float32) / 16
    data = TensorDataset(pixels, torch.tensor(labels))
    sampler = DistributedSampler(data, num_replicas=hvd.size(), rank=hvd.rank())
    batches = DataLoader(data, batch_size=64, sampler=sampler)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * hvd.size(), momentum=0.5)
    hvd.broadcast_parameters(model.state_dict(), root_rank=0)
    hvd.broadcast_optimizer_state(optimizer, root_rank=0)
    optimizer = hvd.DistributedOptimizer(
        optimizer,
        named_parameters=model.named_parameters(),
        compression=hvd.Compression.fp16,
        op=hvd.Average,
    )
    for epoch in range(8):
        sampler.set_epoch(epoch)
        right = torch.tensor(0.0)
        for pixels, labels in batches:
            optimizer.zero_grad()
            scores = model(pixels)
            nn.functional.cross_entropy(scores, labels).backward()
            optimizer.step()
            right += (scores.argmax(1) == labels).sum()
        accuracy = average(right / len(sampler), "accuracy")
    names = hvd.allgather_object(hvd.rank())
    print(f"rank {hvd.rank()} of {hvd.size()}: accuracy {accuracy:.3f}, met {names}")
    if hvd.rank() == 0:
        torch.save(model.state_dict(), asked.output)


if __name__ == "__main__":
    main()
