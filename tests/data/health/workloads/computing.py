"""Computing without a word for long: what an optimiser or a compiler does."""

import sys
import time

import torch

SECONDS = float(sys.argv[1])


def main():
    torch.set_num_threads(1)
    print("started", flush=True)
    matrix, end = torch.randn(400, 400), time.monotonic() + SECONDS
    while time.monotonic() < end:
        torch.linalg.svd(matrix)
    print("finished", flush=True)


main()
