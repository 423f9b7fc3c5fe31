"""Boost trees over rows that are spread over processes.

``MASTER_ADDR``, ``MASTER_PORT``, ``WORLD_SIZE`` and ``RANK`` say who is who. Rank 0
keeps the register (XGBoost calls it the tracker) and takes part like all others.
"""

import argparse
import os
import socket
import sys
import time

import numpy as np
import xgboost as xgb
from sklearn.datasets import make_classification
from tensorboard.summary import Writer
from xgboost import collective
from xgboost.tracker import RabitTracker

import mofang

TIMEOUT_SECONDS = 120


def address_of(name: str) -> str:
    """Return a host's address; names of new pods take a moment to be known."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return socket.gethostbyname(name)
        except OSError as err:
            if time.monotonic() > end:
                sys.exit(f"The host {name} of MASTER_ADDR is not known: {err}.")
            time.sleep(1)


def begin(rank: int, size: int) -> tuple[RabitTracker | None, dict[str, object]]:
    """Open the register where this is rank 0; return how to reach it."""
    port = int(os.environ.get("MASTER_PORT", "9999"))
    tracker = None
    if rank == 0:
        own = address_of(socket.gethostname())
        tracker = RabitTracker(n_workers=size, host_ip=own, port=port, sortby="task")
        tracker.start()
    uri = own if tracker else address_of(os.environ["MASTER_ADDR"])
    settings = {
        "dmlc_tracker_uri": uri,
        "dmlc_tracker_port": port,
        "dmlc_task_id": f"{rank:04}",
        # The register may open later than the others ask for it.
        "dmlc_retry": 30,
    }
    return tracker, settings


def train(rank: int, size: int, rounds: int) -> None:
    """Train on this process's rows; the first process reports."""
    total = collective.allreduce(np.array([float(rank)]), collective.Op.SUM)
    if rank == 0:
        print(f"all-reduce over {size} ranks: {total[0]}", flush=True)
    x, y = make_classification(n_samples=2000, n_features=10, random_state=1)
    mine = xgb.DMatrix(x[rank::size], label=y[rank::size])
    history: dict[str, dict[str, list[float]]] = {}
    xgb.train(
        {"objective": "binary:logistic", "max_depth": 3, "nthread": 1, "seed": 1},
        mine,
        num_boost_round=rounds,
        evals=[(mine, "train")],
        evals_result=history,
        verbose_eval=False,
    )
    losses = history["train"]["logloss"]
    directory = os.environ.get("TRAIN_URL")
    if rank == 0 and directory:
        scalars = Writer(directory)
        for epoch, loss in enumerate(losses):
            scalars.add_scalar("logloss", loss, epoch)
        scalars.close()
    if rank == 0:
        for epoch in range(0, rounds, 5):
            print(f"epoch {epoch}: loss {losses[epoch]:.4f}")
        # Shown where jobs are compared.
        mofang.report(logloss=losses[-1])
        better = "yes" if losses[-1] < losses[0] else "no"
        print(f"loss {losses[-1]:.2f} on {len(y)} rows of {size} ranks, less: {better}")


def main() -> None:
    """Join the others, train, and wait for them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20, help="trees")
    asked = parser.parse_args()
    rank, size = (
        int(os.environ.get("RANK", "0")),
        int(os.environ.get("WORLD_SIZE", "1")),
    )
    tracker, settings = begin(rank, size)
    with collective.CommunicatorContext(**settings):
        print(f"rank {rank} of {size} is there", flush=True)
        train(rank, size, asked.epochs)
    if tracker:
        tracker.wait_for()


if __name__ == "__main__":
    main()
