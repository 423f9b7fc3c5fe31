"""Boost trees over rows that are spread over processes, which meet at a tracker.

``MASTER_ADDR``, ``MASTER_PORT``, ``WORLD_SIZE`` and ``RANK`` say who is who.
"""

import hashlib
import os
import socket
from contextlib import contextmanager

import numpy as np
import xgboost as xgb
from sklearn.datasets import load_breast_cancer
from xgboost import collective
from xgboost.tracker import RabitTracker


@contextmanager
def communicator(rank: int, size: int):
    """Join the others; rank 0 runs the tracker where they meet."""
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    tracker = None
    if rank == 0:
        host = socket.gethostbyname(socket.gethostname())
        tracker = RabitTracker(n_workers=size, host_ip=host, port=port, sortby="task")
        tracker.start()
    settings = {
        "dmlc_communicator": "rabit",
        "dmlc_tracker_uri": socket.gethostbyname(host),
        "dmlc_tracker_port": port,
        "dmlc_task_id": str(rank),
        "dmlc_retry": 30,
    }
    with collective.CommunicatorContext(**settings):
        yield
    if tracker:
        tracker.wait_for()


def main() -> None:
    """Train on this process's rows, and show that all have the same model."""
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    features, labels = load_breast_cancer(return_X_y=True)
    with communicator(rank, size):
        mine = xgb.DMatrix(features[rank::size], label=labels[rank::size])
        rows = collective.allreduce(np.array([mine.num_row()]), collective.Op.SUM)
        measured: dict[str, dict[str, list[float]]] = {}
        booster = xgb.train(
            {
                "objective": "binary:logistic",
                "eval_metric": ["logloss", "auc"],
                "max_depth": 3,
                "tree_method": "hist",
                "nthread": 1,
            },
            mine,
            num_boost_round=20,
            evals=[(mine, "train")],
            evals_result=measured,
            verbose_eval=False,
        )
        digest = hashlib.sha256(booster.save_raw("json")).hexdigest()[:16]
        first = collective.broadcast(digest, 0)
        area = measured["train"]["auc"][-1]
        loss = measured["train"]["logloss"][-1]
        print(
            f"rank {collective.get_rank()} of {collective.get_world_size()}: "
            f"{mine.num_row()} of {rows[0]} rows, auc {area:.4f}, logloss {loss:.4f}, "
            f"same model: {digest == first}",
            flush=True,
        )
        if collective.get_rank() == 0:
            booster.save_model("trees.json")


if __name__ == "__main__":
    main()
