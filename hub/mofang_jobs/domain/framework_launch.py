"""How the processes of each framework find each other: one table. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mofang_api.models import Framework


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkLaunch:
    """What the wrapper and the operator need to know of a framework."""

    port: int = 0
    """Where replicas call each other; 0 if they don't."""

    leader: str = "worker"
    """Role whose first replica all others call."""

    meets_in_files: bool = False
    """Whether replicas find each other by a directory of the owner's home."""

    counts_threads: bool = True
    """Whether its libraries start one thread per core of the node unless told."""


_TABLE = {
    Framework.PYTORCH: FrameworkLaunch(port=29500),
    Framework.TENSORFLOW: FrameworkLaunch(port=2222),
    Framework.HOROVOD: FrameworkLaunch(leader="launcher", meets_in_files=True),
    Framework.MPI: FrameworkLaunch(leader="launcher", meets_in_files=True),
    Framework.XGBOOST: FrameworkLaunch(port=9999, leader="master"),
    Framework.SPARK: FrameworkLaunch(port=7077, leader="driver", counts_threads=False),
    Framework.RAY: FrameworkLaunch(port=6379, leader="head", counts_threads=False),
    Framework.SINGLE: FrameworkLaunch(),
}


def launch_of(framework: Framework) -> FrameworkLaunch:
    """Return how a framework's jobs are launched."""
    return _TABLE[framework]
