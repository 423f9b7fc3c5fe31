"""Fit a line by gradient descent: one process, no framework but NumPy."""

import argparse
import os
from pathlib import Path

import numpy as np
from tensorboard.summary import Writer

import mofang

TRUE_SLOPE, TRUE_OFFSET = 2.0, -3.0


def main() -> None:
    """Train, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    asked = parser.parse_args()

    random = np.random.default_rng(seed=1)
    x = random.normal(size=1000)
    y = TRUE_SLOPE * x + TRUE_OFFSET + random.normal(scale=0.1, size=1000)

    directory = os.environ.get("TRAIN_URL")
    scalars = Writer(directory) if directory else None
    slope = offset = 0.0
    for epoch in range(asked.epochs):
        error = slope * x + offset - y
        loss = float(np.mean(error**2))
        slope -= asked.learning_rate * 2 * float(np.mean(error * x))
        offset -= asked.learning_rate * 2 * float(np.mean(error))
        if scalars:
            scalars.add_scalar("loss", loss, epoch)
        if epoch % 10 == 0:
            print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
    if scalars:
        scalars.close()
    result = f"fitted y = {slope:.1f} x + {offset:.1f}"
    if directory:
        (Path(directory) / "result.txt").write_text(f"{result}\n")
    # Shown where jobs are compared.
    mofang.report(loss=loss, slope=slope, offset=offset)
    print(result)


if __name__ == "__main__":
    main()
