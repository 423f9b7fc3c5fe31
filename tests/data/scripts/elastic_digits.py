"""Learn handwritten digits; go on from the snapshot when torchrun starts again."""

import argparse
import time
from pathlib import Path

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def digits() -> TensorDataset:
    """Return 1797 images of 8 by 8 pixels, and what they show."""
    images, labels = load_digits(return_X_y=True)
    pixels = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
    return TensorDataset(pixels, torch.tensor(labels))


class Trainer:
    """Trains a small network and keeps a snapshot of it."""

    def __init__(self, snapshot: Path) -> None:
        self._snapshot = snapshot
        self._rank = dist.get_rank()
        data = digits()
        self._sampler = DistributedSampler(data)
        self._batches = DataLoader(data, batch_size=64, sampler=self._sampler)
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10)
        )
        self._optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        self.epoch = 0
        if snapshot.exists():
            state = torch.load(snapshot, map_location="cpu", weights_only=True)
            model.load_state_dict(state["model"])
            self._optimizer.load_state_dict(state["optimizer"])
            self.epoch = state["epoch"]
            print(f"rank {self._rank} resumes at epoch {self.epoch}", flush=True)
        self._model = DistributedDataParallel(model)

    def train_epoch(self) -> None:
        """Train once through the data, and keep what was learned."""
        self._sampler.set_epoch(self.epoch)
        right = torch.zeros(2)
        for pixels, labels in self._batches:
            self._optimizer.zero_grad()
            scores = self._model(pixels)
            nn.functional.cross_entropy(scores, labels).backward()
            self._optimizer.step()
            right += torch.tensor([(scores.argmax(1) == labels).sum(), len(labels)])
        dist.all_reduce(right)
        self.epoch += 1
        accuracy = (right[0] / right[1]).item()
        print(
            f"rank {self._rank} epoch {self.epoch}: accuracy {accuracy:.3f}", flush=True
        )
        if self._rank == 0:
            self._save()
        dist.barrier()

    def _save(self) -> None:
        state = {
            "model": self._model.module.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "epoch": self.epoch,
        }
        # A process that is killed while it writes must not spoil the last snapshot.
        part = self._snapshot.with_suffix(".part")
        torch.save(state, part)
        part.replace(self._snapshot)


def main() -> None:
    """Train for a number of epochs in all, whoever was killed in between."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--snapshot", type=Path, default=Path("snapshot.pt"))
    parser.add_argument("--pause", type=float, default=0, help="seconds per epoch")
    asked = parser.parse_args()
    dist.init_process_group("gloo")
    trainer = Trainer(asked.snapshot)
    while trainer.epoch < asked.epochs:
        trainer.train_epoch()
        time.sleep(asked.pause)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
