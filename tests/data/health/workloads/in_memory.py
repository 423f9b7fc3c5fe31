"""Training on data in memory: a line each epoch, long epochs, longer evaluations."""

import sys
import time

import torch

SECONDS = float(sys.argv[1])


def spend(seconds, step):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step()


def main():
    torch.set_num_threads(1)
    net = torch.nn.Linear(512, 512)
    data = torch.randn(256, 512)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001)

    def train():
        optimizer.zero_grad()
        ((net(data) - data) ** 2).mean().backward()
        optimizer.step()

    start, epoch = time.monotonic(), 0
    while time.monotonic() - start < SECONDS:
        epoch += 1
        spend(2.0 + epoch % 3, train)
        print("epoch", epoch, flush=True)
        if epoch % 2 == 0:
            spend(7.0, lambda: net(data))
            print("evaluated", flush=True)
            torch.save(net.state_dict(), "checkpoint.pt")


main()
