"""Preparation of data by a pool: files are written, read, and packed."""

import gzip
import multiprocessing
import random
import shutil
import sys
import time
from pathlib import Path

SECONDS = float(sys.argv[1])


def prepare(number):
    random.seed(number)
    rows = sorted(random.random() for _ in range(20_000))
    file = Path(f"shard-{number % 50}.txt")
    file.write_text("\n".join(map(str, rows)))
    return sum(map(float, file.read_text().split()))


def main():
    start, batch = time.monotonic(), 0
    with multiprocessing.Pool(2) as pool:
        while time.monotonic() - start < SECONDS:
            batch += 1
            total = sum(pool.map(prepare, range(40 * batch, 40 * batch + 40)))
            print("batch", batch, total, flush=True)
            for shard in Path().glob("shard-*.txt"):
                with shard.open("rb") as source, gzip.open(f"{shard}.gz", "wb") as to:
                    shutil.copyfileobj(source, to)
            # The other end of the queue is slow now and then.
            time.sleep(batch % 4)


main()
