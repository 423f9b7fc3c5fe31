"""How long tasks took on this machine, for the estimates of the next run."""

import json
import os
import threading
from pathlib import Path

from mofang_local.files import write_private

CORES_OF_DEFAULTS = 2
DEFAULTS = {
    "Debian packages": 20.0,
    "Envoy": 1.0,
    "Go modules": 30.0,
    "build kubernetes": 850.0,
    "build kubeadm": 18.0,
    "build containerd": 90.0,
    "build pause": 1.0,
    "build await-name": 1.0,
    "build istio": 250.0,
    "build helm": 30.0,
    "build coredns": 35.0,
    "build training-operator": 200.0,
    "build jobset": 300.0,
    "build trainer": 60.0,
    "build kubectl-delivery": 10.0,
    "image hub": 130.0,
    "image base": 310.0,
    "image pytorch": 190.0,
    "image tensorflow": 170.0,
    "image xgboost": 20.0,
    "image spark": 140.0,
    "image ray": 120.0,
    "image horovod": 520.0,
    "load hub": 19.0,
    "load base": 100.0,
    "load pytorch": 60.0,
    "load tensorflow": 90.0,
    "load spark": 70.0,
    "load ray": 70.0,
    "load horovod": 70.0,
    "Kubernetes": 10.0,
    "CoreDNS": 7.0,
    "Istio": 15.0,
    "chart": 7.0,
    "log-in page": 8.0,
    "training-operator": 30.0,
    "jobset": 20.0,
    "trainer": 15.0,
    "kuberay-operator": 60.0,
    "everything": 2.0,
}
"""Seconds that tasks took on two cores: estimates until they were timed here.
Of what is not here nothing is said before that."""


class Durations:
    """Recorded durations by task, kept in one file of the cache."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        self._recorded: dict[str, float] = {}
        if path.exists():
            self._recorded = dict(json.loads(path.read_text() or "{}"))

    def expected(self, task: str) -> float | None:
        """Seconds that a task takes when it has everything to do; None if not known."""
        if task in self._recorded:
            return self._recorded[task]
        if task not in DEFAULTS:
            return None
        cores = max(os.cpu_count() or 1, CORES_OF_DEFAULTS)
        return DEFAULTS[task] * CORES_OF_DEFAULTS / cores

    def record(self, task: str, seconds: float) -> None:
        """Remember a task that had everything to do; tasks may end at the same time."""
        with self._writing:
            self._recorded[task] = round(seconds, 1)
            write_private(self._path, json.dumps(self._recorded, indent=2))
