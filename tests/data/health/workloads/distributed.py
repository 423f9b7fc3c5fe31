"""Data-parallel training with gloo: data loaders, checkpoints, evaluation pauses."""

import os
import sys
import threading
import time

import torch
from torch.distributed import destroy_process_group, init_process_group
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset

SECONDS = float(sys.argv[1])
STUCK_AFTER = float(sys.argv[2]) if len(sys.argv) > 2 else None


class Rows(Dataset):
    def __len__(self):
        return 4000

    def __getitem__(self, at):
        return torch.randn(256), torch.tensor(float(at % 2))


def evaluate(model, seconds):
    end = time.monotonic() + seconds
    data = torch.randn(512, 256)
    with torch.no_grad():
        while time.monotonic() < end:
            model(data)


def main():
    torch.set_num_threads(1)
    init_process_group("gloo")
    rank, start, step = int(os.environ["RANK"]), time.monotonic(), 0
    net = torch.nn.Sequential(
        torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 1)
    )
    model = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    is_over = torch.zeros(1)
    while not is_over:
        for rows, labels in DataLoader(Rows(), batch_size=64, num_workers=1):
            optimizer.zero_grad()
            loss = ((model(rows).squeeze() - labels) ** 2).mean()
            loss.backward()
            optimizer.step()
            step += 1
            if STUCK_AFTER and rank == 1 and time.monotonic() - start > STUCK_AFTER:
                lock = threading.Lock()
                lock.acquire()
                lock.acquire()
            if rank == 0 and step % 10 == 0:
                print("step", step, "loss", loss.item(), flush=True)
            if rank == 0 and step % 200 == 0:
                torch.save(net.state_dict(), "checkpoint.pt")
        evaluate(net, 2.0)
        is_over.fill_(float(time.monotonic() - start > SECONDS))
        torch.distributed.all_reduce(is_over, torch.distributed.ReduceOp.MAX)
    destroy_process_group()


main()
